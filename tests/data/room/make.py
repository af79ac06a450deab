"""The bundled photos: a furnished room, path-traced with Mitsuba 3 (`pip install mitsuba`).

    python tests/data/room/make.py FOLDER [--samples 32] [--views 0 1 2 3 4] [--install]

Views are rendered in passes, and FOLDER keeps the mean of each view's passes as `view_N.npz`
(linear colour, albedo, normals, places, depth): an interrupted run goes on where it was, and more
samples can be added. The photos follow from these files: denoised where the light is noisy, not
where the textures are, and developed as a camera would. The variant `llvm_ad_rgb` needs LLVM 16 or
later (`DRJIT_LIBLLVM_PATH`); `scalar_rgb` needs nothing and is slower.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import furniture
import numpy as np
from developing import denoised, developed
from PIL import Image
from shapes import Mesh, joined
from surfaces import lights, materials

WIDTH, HEIGHT = 1024, 768
FOCAL_SIDES = 1.08  # focal length over the short side of the photo
TARGET = (-0.42, 4.4, 1.02)  # what the middle camera looks at
EYES = (  # camera centres, metres
    (0.92, 0.22, 1.47),
    (1.10, 0.20, 1.44),
    (1.29, 0.26, 1.48),
    (1.48, 0.24, 1.43),
    (1.68, 0.30, 1.50),
)
PAIR, BETWEEN = (1, 3), 2  # views that the package carries; one that tests compare with
DEPTH_PX = 256  # height of the stored depth
DEPTH_UNIT = 1e-4  # metres
SAMPLES = 4  # a pixel and pass: what fits into memory


def pose(view: int) -> np.ndarray:
    """(4, 4) camera to world, OpenCV axes; world: z up, metres."""
    eye = np.array(EYES[view])
    aim = np.array(TARGET) + 0.35 * (
        eye - np.array(EYES[2])
    )  # each hand holds it a bit differently
    forward = aim - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    T = np.eye(4)
    T[:3, :3] = np.stack([right, np.cross(forward, right), forward], 1)
    T[:3, 3] = eye
    return T


def scene(mi, folder: Path):
    """The loaded room."""
    surfaces = materials(mi)
    meshes: dict[str, list[Mesh]] = {}
    for mesh, name in furniture.everything():
        meshes.setdefault(name, []).append(mesh)
    parts: dict[str, dict] = {"type": "scene", **lights(mi, folder)}
    for name, group in meshes.items():
        path = joined(*group).write(folder / f"{name}.ply")
        parts[name] = {"type": "ply", "filename": str(path), "bsdf": surfaces[name]}
        if name == "shade":
            parts[name]["emitter"] = {
                "type": "area",
                "radiance": {"type": "rgb", "value": [8.5, 5.6, 2.7]},
            }
    return mi.load_dict(parts)


def sensor(mi, view: int, width: int, height: int):
    """A pinhole camera."""
    fov = np.degrees(2 * np.arctan(width / 2 / (FOCAL_SIDES * height)))
    T = pose(view) @ np.diag([-1, -1, 1, 1])  # Mitsuba: x left, y up
    return mi.load_dict(
        {
            "type": "perspective",
            "fov": float(fov),
            "fov_axis": "x",
            "to_world": mi.ScalarTransform4f(T),
            "film": {
                "type": "hdrfilm",
                "width": width,
                "height": height,
                "rfilter": {"type": "gaussian", "stddev": 0.45},
            },
            "sampler": {"type": "independent", "sample_count": SAMPLES},
        }
    )


def render(mi, room, view: int, width: int, height: int, number: int) -> dict[str, np.ndarray]:
    """One pass over a view: what `denoised` takes, (height, width, 3) each."""
    integrator = mi.load_dict(
        {
            "type": "aov",
            "aovs": "albedo:albedo,normal:geo_normal,place:position",
            "all": {"type": "path", "max_depth": 6, "rr_depth": 4},
            "direct": {"type": "direct", "emitter_samples": 2, "bsdf_samples": 1},
        }
    )
    camera = sensor(mi, view, width, height)
    seed = 1000 * view + number
    image = np.array(mi.render(room, sensor=camera, integrator=integrator, spp=SAMPLES, seed=seed))
    image = image[..., channels(image.shape[-1])].astype(np.float32)
    names = ("colour", "direct", "albedo", "normal", "place")
    return {name: image[..., 3 * k : 3 * k + 3] for k, name in enumerate(names)}


def mean_of(folder: Path, view: int) -> tuple[dict[str, np.ndarray], int]:
    """The passes over a view that there are, and their number."""
    path = folder / f"view_{view}.npz"
    if not path.exists():
        return {}, 0
    known = dict(np.load(path))
    count = int(known.pop("count"))
    return known, count


def add_pass(mi, room, folder: Path, view: int, width: int, height: int) -> None:
    """Render one more pass over a view and keep the mean."""
    known, count = mean_of(folder, view)
    new = render(mi, room, view, width, height, count)
    if count:
        new = {name: (count * known[name] + new[name]) / (count + 1) for name in new}
    size = DEPTH_PX * width // height, DEPTH_PX
    new["depth"] = known["depth"] if count else depth(mi, room, view, *size)
    partial = folder / f"view_{view}.partial.npz"
    np.savez(partial, count=count + 1, **new)
    partial.replace(folder / f"view_{view}.npz")
    print(f"view {view}: {SAMPLES * (count + 1)} samples a pixel", flush=True)


def channels(count: int) -> list[int]:
    """Without the alpha that each of the two pictures may have."""
    return list(range(15)) if count == 15 else [0, 1, 2, 4, 5, 6, *range(8, 17)]


def depth(mi, room, view: int, width: int, height: int) -> np.ndarray:
    """(height, width) metres along the optical axis."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    rays = np.stack(
        [(x - width / 2) / height, (y - height / 2) / height, np.full_like(x, FOCAL_SIDES)], -1
    )
    length = np.linalg.norm(rays, axis=-1)
    T = pose(view)
    out = (rays / length[..., None] @ T[:3, :3].T).reshape(-1, 3)
    origin = np.broadcast_to(T[:3, 3], out.shape)
    hit = room.ray_intersect(
        mi.Ray3f(mi.Point3f(origin.T.astype(np.float32)), mi.Vector3f(out.T.astype(np.float32)))
    )
    return (
        np.where(np.isfinite(np.array(hit.t)), np.array(hit.t), 0).reshape(height, width)
        * rays[..., 2]
        / length
    )


def main() -> None:
    """Render what is missing, then develop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--views", type=int, nargs="*", default=list(range(len(EYES))))
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--exposure", type=float, default=1.45)
    parser.add_argument("--variant", default="llvm_ad_rgb", help="scalar_rgb needs no LLVM")
    parser.add_argument("--install", action="store_true", help="put the files where they belong")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    width, height = options.width, options.width * HEIGHT // WIDTH
    passes = -(-options.samples // SAMPLES)
    if any(mean_of(options.folder, view)[1] < passes for view in options.views):
        import mitsuba as mi

        mi.set_variant(options.variant)
        with tempfile.TemporaryDirectory() as scratch:
            room = scene(mi, Path(scratch))
        for number in range(passes):
            for view in options.views:
                if mean_of(options.folder, view)[1] <= number:
                    add_pass(mi, room, options.folder, view, width, height)
    cameras = []
    for view in options.views:
        found, _ = mean_of(options.folder, view)
        photo = developed(denoised(found), options.exposure)
        Image.fromarray(photo).save(options.folder / f"view_{view}.jpg", quality=90)
        stored = np.round(found["depth"] / DEPTH_UNIT).astype(np.uint16)
        Image.fromarray(stored).save(options.folder / f"depth_{view}.png")
        cameras.append({"view": view, "T_world_camera": pose(view).tolist()})
    truth = {"focal_sides": FOCAL_SIDES, "depth_unit_metres": DEPTH_UNIT, "cameras": cameras}
    (options.folder / "cameras.json").write_text(json.dumps(truth, indent=1) + "\n")
    if options.install:
        install(options.folder)


def install(folder: Path) -> None:
    """The pair to the package; what tests need beside this script."""
    here = Path(__file__).parent
    demo = here.parents[2] / "splat_widgets" / "embedded" / "demo"
    for view, name in zip(PAIR, ("first", "second"), strict=True):
        shutil.copyfile(folder / f"view_{view}.jpg", demo / f"{name}.jpg")
        shutil.copyfile(folder / f"depth_{view}.png", here / f"depth_{view}.png")
    shutil.copyfile(folder / f"view_{BETWEEN}.jpg", here / f"view_{BETWEEN}.jpg")
    shutil.copyfile(folder / "cameras.json", here / "cameras.json")


if __name__ == "__main__":
    main()
