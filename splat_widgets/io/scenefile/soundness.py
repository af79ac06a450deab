"""Whether the numbers of a scene file fit each other, beyond what its records check themselves."""

from __future__ import annotations

import torch
from torch import Tensor

from splat_widgets.io.scenefile.contents import Contents
from splat_widgets.io.scenefile.errors import SceneFileError
from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import Reconstruction

_LARGEST = 1e9  # pixels and units of length that a camera may have
_CHANNELS = {
    "points": (3,),
    "confidence": (),
    "offsets": (3,),
    "scales": (3,),
    "quaternions": (4,),
    "opacities": (),
}


def check(contents: Contents) -> None:
    """Check what the inspector and the viewer rely on.

    Raises:
        SceneFileError: for rows that point outside their maps, maps, photos and cameras of other
            numbers or sizes than the scene's.
    """
    count = len(contents.gaussians)
    for camera in contents.cameras:
        _check_camera(camera)
    whole = contents.reconstruction
    if whole is not None:
        _check_whole(whole)
        if len(contents.cameras) != len(whole.cameras):
            raise SceneFileError(
                f"expected {len(whole.cameras)} cameras, got {len(contents.cameras)}"
            )
    if contents.inspection is not None:
        selection, picked = contents.inspection.selection, contents.inspection.picked
        _check_tensor("selection", selection, (count,), torch.bool)
        if not -1 <= picked < count:
            raise SceneFileError(f"expected a picked row below {count:,}, got {picked:,}")


def _check_whole(whole: Reconstruction) -> None:
    count, number = len(whole.gaussians), len(whole.photos)
    if not len(whole.maps) == len(whole.cameras) == len(whole.pose_inlier_ratios) == number:
        raise SceneFileError(f"expected maps and cameras of {number} photos, got others")
    for name in ("view", "row", "col"):
        _check_tensor(name, getattr(whole, name), (count,), torch.int64)
    for photo in whole.photos:
        _check_photo(photo)
    for maps in whole.maps:
        _check_maps(maps)
    for camera in whole.cameras:
        _check_camera(camera)
    if count:
        sizes = torch.tensor([maps.confidence.shape for maps in whole.maps]).reshape(-1, 2)
        _check_rows("view", whole.view, torch.tensor(number))
        _check_rows("row", whole.row, sizes[whole.view, 0])
        _check_rows("col", whole.col, sizes[whole.view, 1])
    if whole.predicted is not None:
        _check_whole(whole.predicted)
    if whole.evidence is not None:
        for name in ("depth_change", "match_error"):
            _check_tensor(name, getattr(whole.evidence, name), (count,))
        _check_tensor("checked", whole.evidence.checked, (count,), torch.bool)
        _check_tensor("predicted_row", whole.evidence.predicted_row, (count,), torch.int64)
        if count and whole.predicted is not None:
            limit = torch.tensor(len(whole.predicted.gaussians))
            _check_rows("predicted_row", whole.evidence.predicted_row, limit)


def _check_rows(name: str, rows: Tensor, limits: Tensor) -> None:
    if bool((rows < 0).any()) or bool((rows >= limits).any()):
        raise SceneFileError(f"its {name} point outside the scene")


def _check_maps(maps: PhotoMaps) -> None:
    size = tuple(maps.confidence.shape)
    if len(size) != 2:
        raise SceneFileError(f"expected maps of (H, W) pixels, got {size}")
    for name, channels in _CHANNELS.items():
        _check_tensor(f"map of {name}", getattr(maps, name), (*size, *channels))
    _check_tensor("map of sh", maps.sh, (*size, maps.sh.shape[-2] if maps.sh.ndim > 1 else 0, 3))


def _check_photo(photo: Photo) -> None:
    crop, whole = photo.pixels.shape, photo.whole.shape
    (width, height), wanted = photo.original_size, photo.original_size
    if crop[0] != crop[1] or min(*crop[:2], *whole[:2], width, height, *photo.resized_size) < 1:
        raise SceneFileError(f"the pictures of photo {photo.name[:80]!r} have no such sizes")
    scale = max(whole[:2]) / max(wanted)
    if abs(whole[1] - scale * width) > 1.5 or abs(whole[0] - scale * height) > 1.5:
        raise SceneFileError(
            f"the photo {photo.name[:80]!r} of {whole[1]}x{whole[0]} px does not belong to one of "
            f"{width}x{height} px"
        )


def _check_camera(camera: Camera | None) -> None:
    if camera is None:
        return
    _check_tensor("camera", camera.T_world_camera, (4, 4))
    sizes = (camera.focal_px, camera.width, camera.height)
    place = (*camera.principal_point_px, *camera.T_world_camera.flatten().tolist())
    if not all(0 < size < _LARGEST for size in sizes) or not all(
        abs(number) < _LARGEST for number in place
    ):
        raise SceneFileError(
            f"expected a camera with a pose, a focal length and a size, got {camera}"
        )


def _check_tensor(
    name: str, tensor: Tensor, shape: tuple[int, ...], dtype: torch.dtype | None = None
) -> None:
    if tuple(tensor.shape) != shape or (dtype is not None and tensor.dtype != dtype):
        raise SceneFileError(
            f"expected {name} of shape {shape}, got {tuple(tensor.shape)} of {tensor.dtype}"
        )
