"""Folders to train from: pictures, cameras and points, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from splat_widgets import events
from splat_widgets.files import new_folder
from splat_widgets.io.posed.colmap import write_model
from splat_widgets.io.posed.nerfstudio import write_transforms
from splat_widgets.io.posed.points import points_of
from splat_widgets.io.posed.views import Picture, View, views_of
from splat_widgets.scene.scene import Scene, SceneLike

IMAGES = "images"
MAX_POINTS = 100_000


@dataclass(frozen=True)
class Exported(os.PathLike[str]):
    """A folder that was written; it is a path for whatever takes one, `cameras=` for example."""

    folder: Path
    pictures: tuple[str, ...]  # names of the files in its `images`
    left_out: tuple[str, ...]  # names of photos whose camera is not known
    num_points: int
    picture: Picture  # which one of each photo
    next_step: str = field(compare=False)  # how to train from it

    def __fspath__(self) -> str:
        return os.fspath(self.folder)

    def __repr__(self) -> str:
        of = "upright, uncropped photos" if self.picture == "whole" else "crops of the photos"
        lines = [
            f"{self.folder}: {len(self.pictures)} pictures ({of}) with cameras, "
            f"{self.num_points:,} points",
            *(f"{name} is left out: its camera is not known" for name in self.left_out),
            self.next_step,
        ]
        return "\n".join(lines)


def export_colmap(
    scene: SceneLike,
    folder: str | os.PathLike[str],
    *,
    binary: bool = True,
    picture: Picture = "whole",
    max_points: int = MAX_POINTS,
) -> Exported:
    """Write a scene of photos as a COLMAP project: `images/` and the model in `sparse/0/`.

    gsplat's simple trainer takes the folder with `--data_factor 1`. It holds back photos 1, 9, 17
    and so on for its own judgement; of a pair it trains on the second photo alone.

    Args:
        scene: what `Scene.of` takes, with photos and cameras.
        folder: new, or empty.
        binary: the model as `.bin`; False as `.txt`.
        picture: "whole" writes upright, uncropped photos of at most 1024 px and their cameras,
            "crop" the squares that became Gaussians and theirs.
        max_points: number of 3D points at most.

    Returns:
        What was written, as a path.

    Raises:
        FileExistsError: if there is something in the folder.
        ValueError: for a scene without photos or without a known camera.
        OSError: if it cannot be written; nothing is left of it then.
    """
    known, views = _checked(scene, picture, max_points)
    points = points_of(known, views, max_points)
    with events.telling("export", format="colmap"), new_folder(folder) as partial:
        _write_pictures(partial, views)
        model = partial / "sparse" / "0"
        model.mkdir(parents=True)
        write_model(model, views, points, binary=binary)
    return _exported(
        folder,
        known,
        views,
        len(points),
        "python simple_trainer.py default --data_factor 1 --data_dir {}",
    )


def export_nerfstudio(
    scene: SceneLike,
    folder: str | os.PathLike[str],
    *,
    picture: Picture = "whole",
    max_points: int = MAX_POINTS,
) -> Exported:
    """Write a scene of photos for nerfstudio: `images/`, `transforms.json` and `points3D.ply`.

    Args, return value and errors are those of `export_colmap`.
    """
    known, views = _checked(scene, picture, max_points)
    points = points_of(known, views, max_points)
    with events.telling("export", format="nerfstudio"), new_folder(folder) as partial:
        _write_pictures(partial, views)
        write_transforms(partial, views, points, images=IMAGES, frame=known.frame)
    return _exported(
        folder,
        known,
        views,
        len(points),
        "ns-train splatfacto --data {} nerfstudio-data --eval-mode all",
    )


def _checked(scene: SceneLike, picture: Picture, max_points: int) -> tuple[Scene, tuple[View, ...]]:
    if isinstance(max_points, bool) or not isinstance(max_points, int) or max_points < 0:
        raise ValueError(f"expected max_points as a whole number from 0, got {max_points!r}")
    known = Scene.of(scene)
    return known, views_of(known, picture)


def _write_pictures(folder: Path, views: Sequence[View]) -> None:
    (folder / IMAGES).mkdir()
    for view in views:
        Image.fromarray(view.pixels).save(folder / IMAGES / view.file_name)


def _exported(
    folder: str | os.PathLike[str],
    scene: Scene,
    views: Sequence[View],
    num_points: int,
    command: str,
) -> Exported:
    path, written = Path(folder).expanduser(), {id(view.photo) for view in views}
    left_out = (photo.name for photo in scene.photos if id(photo) not in written)
    return Exported(
        folder=path,
        pictures=tuple(view.file_name for view in views),
        left_out=tuple(dict.fromkeys(left_out)),
        num_points=num_points,
        picture=views[0].picture,
        next_step=f"train from it, for example: {command.format(path)}",
    )
