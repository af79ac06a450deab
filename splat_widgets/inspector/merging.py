"""Which scenes a page may merge into its own, and how they stand to each other."""

from __future__ import annotations

import keyword

import torch
from IPython.core.getipython import get_ipython
from torch import Tensor

from splat_widgets import io
from splat_widgets.io.folder import saved_files
from splat_widgets.photos.photo import Photo
from splat_widgets.photos.same import is_same_photo
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.joining import check_frame
from splat_widgets.scene.scene import Scene
from splat_widgets.settings import Settings


def names() -> list[str]:
    """Scenes of the notebook by their names, then files of the output folder, newest first."""
    return [*_named(), *saved_files(Settings.resolve("output_dir").output_dir)]


def found(name: str) -> Scene:
    """The scene of a name that `names` has; a page may ask for nothing else.

    Raises:
        ValueError: for another name.
        FormatError: for a file that cannot be read.
    """
    if (scene := _named().get(name)) is not None:
        return scene
    folder = Settings.resolve("output_dir").output_dir
    if name not in saved_files(folder):
        raise ValueError(
            f"expected the name of a scene in this notebook or of a scene's file in {folder}, got "
            f"{name!r}"
        )
    return io.read(folder / name)


def name_of(scene: Scene) -> str | None:
    """What the notebook calls a scene."""
    return next((name for name, other in _named().items() if other is scene), None)


def way(scene: Scene, other: Scene) -> tuple[Tensor, str]:
    """From the frame of another scene to this one's, where both say enough.

    Returns:
        (4, 4) float64, and a sentence on how it was found; empty where both have one frame.

    Raises:
        ValueError: if they neither have one frame nor share a photo with known cameras.
    """
    try:
        check_frame(scene.cameras, other.cameras)
    except ValueError:
        for photo, here in _posed_photos(scene):
            for its_photo, there in _posed_photos(other):
                if is_same_photo(photo, its_photo):
                    told = (
                        f"It was put so that the camera of {photo.name} is where this scene has "
                        "it; lengths are each scene's own."
                    )
                    return _pose(here) @ torch.linalg.inv(_pose(there)), told
    else:
        return torch.eye(4, dtype=torch.float64), ""
    raise ValueError(
        "the scenes have frames of their own and share no photo, so that nobody knows where one is "
        "in the other; inspector.merge(other, pairs=(three points here, the same three there)) says"
    )


def _posed_photos(scene: Scene) -> list[tuple[Photo, Camera]]:
    """Photos with a known camera."""
    known = scene.photos if scene.has("photos") else ()
    return [(p, c) for p, c in zip(known, scene.cameras, strict=False) if c is not None]


def _named() -> dict[str, Scene]:
    shell = get_ipython()
    if shell is None:
        return {}
    return {
        name: value
        for name, value in list(shell.user_ns.items())
        if isinstance(value, Scene)
        and name.isidentifier()
        and not name.startswith("_")
        # A name goes into the script.
        and not keyword.iskeyword(name)
    }


def _pose(camera: Camera) -> Tensor:
    return camera.T_world_camera.detach().cpu().double()
