"""Whether the numbers of a scene file fit each other, beyond what its records check themselves."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from splat_widgets.io.scenefile.contents import Contents
from splat_widgets.io.scenefile.errors import SceneFileError
from splat_widgets.photos.photo import Photo
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.inspection import Inspection, KeptPart
from splat_widgets.scene.maps import PhotoMaps
from splat_widgets.scene.reconstruction import ALIGNED, Reconstruction
from splat_widgets.scene.refinement import Evidence

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
    for own in contents.attributes:
        _check_numbers(own.name, own.values)
    if contents.inspection is not None:
        selection, picked = contents.inspection.selection, contents.inspection.picked
        _check_tensor("selection", selection, (count,), torch.bool)
        if not -1 <= picked < count:
            raise SceneFileError(f"expected a picked row below {count:,}, got {picked:,}")
        _check_history(contents, contents.inspection)


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
    sizes = torch.tensor([maps.confidence.shape for maps in whole.maps]).reshape(-1, 2)
    _check_places({name: getattr(whole, name) for name in ("view", "row", "col")}, sizes)
    if whole.predicted is not None:
        _check_whole(whole.predicted)
    _check_evidence(whole, whole.evidence, count)


def _check_history(contents: Contents, inspection: Inspection) -> None:
    """Check that each moment has as many Gaussians as the one beside it leads to."""
    for moments in (inspection.past, inspection.future):
        count = len(contents.gaussians)
        for moment in moments:
            removed = moment.removed
            if (removed is not None) != (moment.rows is not None and moments is inspection.past):
                raise SceneFileError("a moment of its history says two things of its scene")
            if removed is not None:
                _check_removed(contents, removed)
            if moment.rows is not None:
                larger = count + (0 if removed is None else len(removed.gaussians))
                left = _num_bits("rows of a moment", moment.rows, larger)
                if removed is not None and left != count:
                    raise SceneFileError(f"expected a moment that left {count:,}, got {left:,}")
                count = left if removed is None else larger
            _num_bits("selection of a moment", moment.selection, count)
            if not -1 <= moment.picked < count:
                raise SceneFileError("a moment of its history picks a row that it does not have")
            if not all(0 <= place < len(inspection.told) for place in moment.steps):
                raise SceneFileError("a moment of its history has steps that are not there")


def _num_bits(name: str, bits: Tensor, count: int) -> int:
    """How many of `count` bits are set."""
    _check_tensor(name, bits, (-(-count // 8),), torch.uint8)
    return int(np.count_nonzero(np.unpackbits(bits.numpy(), count=count)))


def _check_removed(contents: Contents, removed: KeptPart) -> None:
    """Check that what was removed and what was left are of one kind."""
    here, whole, count = contents.gaussians, contents.reconstruction, len(removed.gaussians)
    if removed.gaussians.sh.shape[1] != here.sh.shape[1]:
        raise SceneFileError("what was removed from it has harmonics of another degree")
    names = () if whole is None else ALIGNED
    if set(removed.aligned) != set(names):
        raise SceneFileError(f"expected {names} of what was removed, got {[*removed.aligned]}")
    for name, values in removed.aligned.items():
        left = getattr(whole, name)
        _check_tensor(name, values, (count, *left.shape[1:]), left.dtype)
    if whole is not None:
        sizes = torch.tensor([maps.confidence.shape for maps in whole.maps]).reshape(-1, 2)
        _check_places(removed.aligned, sizes)
        _check_evidence(whole, removed.evidence, count)
    if removed.source is not None:
        removed.source.check(count)
    for name, values in removed.values.items():
        _check_numbers(name, values)
    for values in (*removed.values.values(), *removed.known.values()):
        _check_tensor("values of what was removed", values, (count,))
    if any(flags.dtype != torch.bool for flags in removed.known.values()):
        raise SceneFileError("expected flags of which values are known")


def _check_numbers(name: str, values: Tensor) -> None:
    """Check that an attribute has numbers that NumPy knows."""
    if values.dtype == torch.bfloat16:
        raise SceneFileError(
            f"expected flags, whole numbers or floats in its attribute {name[:80]!r}, got "
            f"{values.dtype}; write it with `.float()` of them"
        )


def _check_places(aligned: Mapping[str, Tensor], sizes: Tensor) -> None:
    """Check that Gaussians have pixels of the photos, whose maps have (P, 2) sizes."""
    view = aligned["view"]
    if len(view):
        _check_rows("view", view, torch.tensor(len(sizes)))
        for axis, name in enumerate(("row", "col")):
            _check_rows(name, aligned[name], sizes[:, axis], view)


def _check_evidence(whole: Reconstruction, evidence: Evidence | None, count: int) -> None:
    if (evidence is None) != (whole.evidence is None):
        raise SceneFileError("what was removed from it and what was left are not both refined")
    if evidence is None:
        return
    for name in ("depth_change", "match_error"):
        _check_tensor(name, getattr(evidence, name), (count,))
    _check_tensor("checked", evidence.checked, (count,), torch.bool)
    _check_tensor("predicted_row", evidence.predicted_row, (count,), torch.int64)
    if count and whole.predicted is not None:
        limit = torch.tensor(len(whole.predicted.gaussians))
        _check_rows("predicted_row", evidence.predicted_row, limit)


def _check_rows(name: str, rows: Tensor, limits: Tensor, of: Tensor | None = None) -> None:
    """Check that rows are below their limits.

    Args:
        name: in words.
        rows: (N,) whole numbers.
        limits: (P,) or one for all.
        of: (N,) which limit each row has; None: there is one.
    """
    if not len(rows):
        return
    lowest, highest = torch.aminmax(rows)
    # Photos have one size, mostly: then no row needs its own limit.
    is_near = bool(highest >= limits.min())
    if lowest < 0 or (is_near and bool((rows >= (limits if of is None else limits[of])).any())):
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
