"""SHA-256 of what a user gets from pairs of photos, to compare two checkouts.

    python tests/benchmarks/hashes.py a_1.jpg a_2.jpg [b_1.jpg b_2.jpg ...]
    PYTHONPATH=/path/to/other/checkout python tests/benchmarks/hashes.py ...

The bundled pair comes first. Of each pair: the crops that the network saw, the `.ply` after its
header, and the picture of the scene from its first camera. The embedded model on one thread.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

import splat_widgets as sw
from splat_widgets.embedded import demo_pair


def digest(data: bytes) -> str:
    """The first 16 digits."""
    return hashlib.sha256(data).hexdigest()[:16]


def main() -> None:
    """One line for each pair."""
    torch.set_num_threads(1)
    paths = sys.argv[1:]
    model = sw.load_model("embedded")
    for pair in [demo_pair(), *zip(paths[::2], paths[1::2], strict=True)]:
        scene: Any = sw.reconstruct(list(pair), model=model, progress=False)
        photos = getattr(scene, "photos", None) or scene.views
        crops = b"".join(photo.pixels.tobytes() for photo in photos)
        with tempfile.TemporaryDirectory() as folder:
            ply = sw.save(scene, Path(folder) / "scene.ply").read_bytes()
        body = ply.split(b"end_header\n", 1)[1]
        picture = sw.render(scene.gaussians, scene.cameras[0]).color
        print(
            f"crops {digest(crops)}  ply {digest(body)}  "
            f"picture {digest(picture.numpy().tobytes())}  {Path(str(pair[0])).name}"
        )


if __name__ == "__main__":
    main()
