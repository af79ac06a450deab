"""How well two photos agree on colours, with and without one exposure for both.

    python tests/benchmarks/refine/exposure.py --truth FOLDER

FOLDER holds `pairs.json` and `images`. Of each pair, the second photo's Gaussians are drawn from
the first photo's camera and compared with that photo under the scene's exposure, where they cover
it: PSNR.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from splat_widgets.attributes.provenance import photo_colours
from splat_widgets.reconstruction import reconstruct
from splat_widgets.rendering import psnr, render
from splat_widgets.scene.scene import Scene

COVERED = 0.9  # opacity from which on a pixel counts


def pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    """The pictures of each pair."""
    for pair in json.loads((folder / "pairs.json").read_text())["pairs"]:
        yield folder / "images" / pair["first"], folder / "images" / pair["second"]


def agreement(scene: Scene) -> float:
    """PSNR of the second photo's Gaussians at the first photo's camera, dB."""
    camera = scene.cameras[0]
    assert camera is not None
    first = photo_colours(scene)[(scene.view == 0).cpu()].reshape(camera.height, camera.width, 3)
    drawn = render(scene.select(scene.view == 1), camera)
    covered = drawn.alpha.reshape(camera.height, camera.width) > COVERED
    colours = drawn.color / drawn.alpha.reshape(camera.height, camera.width, 1).clamp(min=COVERED)
    return float(psnr(colours[covered], first[covered]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True)
    seen: list[tuple[float, float]] = []
    print(
        "| pair | factors, contrast of the second photo over the first's | own exposures | "
        "one exposure |"
    )
    print("| --- | --- | --- | --- |", flush=True)
    for first, second in pairs(parser.parse_args().truth):
        scenes = [
            reconstruct(first, second, model="embedded", same_exposure=same, progress=False)
            for same in (False, True)
        ]
        refinement = scenes[1].refinement
        if refinement is None or not refinement.applied:
            print(f"| {first.stem} {second.stem} | not refined | | |")
            continue
        before, after = map(agreement, scenes)
        seen.append((before, after))
        one, other = refinement.exposures
        factors = ", ".join(f"{b / a:.2f}" for a, b in zip(one, other, strict=True))
        factors += f"; {refinement.contrasts[1] / refinement.contrasts[0]:.2f}"
        print(
            f"| {first.stem} {second.stem} | {factors} | {before:.2f} | {after:.2f} |", flush=True
        )
    if seen:
        print(f"| mean of {len(seen)} | | {mean(b for b, _ in seen):.2f} | ", end="")
        print(f"{mean(a for _, a in seen):.2f} |")


if __name__ == "__main__":
    main()
