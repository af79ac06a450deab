"""Values of attributes: computed when asked for, kept while the scene lives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from splat_widgets.attributes.given import as_array, filled, in_32_bits, is_real, tell_rounding
from splat_widgets.attributes.pixel_maps import spread
from splat_widgets.attributes.records import Attribute, Subject
from splat_widgets.attributes.registry import AttributeLookupError, available, get, lacking
from splat_widgets.attributes.store import forget, kept, read_only
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene, SceneLike

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "AttributeTable",
    "exact_values",
    "forget",
    "images",
    "table",
    "to_dataframe",
    "to_torch",
    "values",
]


def values(scene: SceneLike, name: str, *, camera: Camera | None = None) -> np.ndarray:
    """An attribute of every Gaussian.

    Kept until the scene is gone; in-place changes of its tensors are not noticed (`forget` helps).

    Args:
        scene: what `Scene.of` takes.
        name: as in `available(scene)`.
        camera: whose distance, depth, normals and footprint are meant, instead of the first
            camera's or the own photo's; not kept then.

    Returns:
        (N,) float32, read-only.

    Raises:
        AttributeLookupError: if there is no such attribute, or the scene lacks what it needs.
        ValueError: if a function of yours returns anything but N numbers.
    """
    return _computed(scene, name, camera)[0]


def exact_values(scene: SceneLike, name: str) -> np.ndarray:
    """`values`, but whole numbers, flags and what is your own in its own type.

    Args:
        scene: what `Scene.of` takes.
        name: as in `available(scene)`.

    Returns:
        (N,) floats, integers or booleans, read-only; integers with gaps are floats with NaN.
    """
    return read_only(filled(name, given_values(scene, name)))


def given_values(scene: SceneLike, name: str) -> np.ndarray:
    """`exact_values`, but integers and booleans with gaps are a masked array of their own type."""
    return _computed(scene, name)[1]


def _computed(
    scene: SceneLike, name: str, camera: Camera | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """An attribute as (N,) float32, and as (N,) in its own type where that is another."""
    subject = Subject.of(scene, camera)
    attribute = get(name, subject.scene)
    lack = lacking(attribute, subject)
    if lack is not None:
        saved = f"saved_{name}"  # as `io` calls what came with a file
        known = any(one.name == saved for one in available(subject.scene))
        hint = f"; its file has {saved!r}" if known else ""
        raise AttributeLookupError(f"{name!r} needs {lack}{hint}")
    if camera is not None and attribute.uses_camera:
        return _compute(attribute, subject)
    plain = replace(subject, camera=None)
    return kept(plain.scene.record).get(name, attribute, lambda: _compute(attribute, plain))


def to_torch(scene: SceneLike, name: str, *, camera: Camera | None = None) -> Tensor:
    """`values` as a writable copy.

    Args:
        scene: what `Scene.of` takes.
        name: as in `available(scene)`.
        camera: as in `values`.

    Returns:
        (N,) float32 on the device of the scene.
    """
    known = Scene.of(scene)
    return torch.from_numpy(values(known, name, camera=camera).copy()).to(known.device)


def images(scene: SceneLike, name: str) -> tuple[np.ndarray, ...]:
    """An attribute as one (H, W) float32 picture per photo; NaN where no Gaussian is left.

    Args:
        scene: what `Scene.of` takes.
        name: as in `available(scene)`.

    Raises:
        AttributeError: for a scene without photos.
    """
    known = Scene.of(scene)
    return spread(known, values(known, name))


class AttributeTable(Mapping[str, np.ndarray]):
    """All attributes of a scene by name, each computed when it is first looked at.

    Args:
        scene: what `Scene.of` takes.
        camera: as in `values`.
    """

    def __init__(self, scene: SceneLike, *, camera: Camera | None = None) -> None:
        """A table of a scene; `camera` as in `values`."""
        self._subject = Subject.of(scene, camera)

    @property
    def scene(self) -> Scene:
        """The scene that has these attributes."""
        return self._subject.scene

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes that the scene has."""
        return available(self.scene, camera=self._subject.camera)

    def __getitem__(self, name: str) -> np.ndarray:
        return values(self.scene, name, camera=self._subject.camera)

    def __contains__(self, name: object) -> bool:
        return name in {attribute.name for attribute in self.attributes}

    def __iter__(self) -> Iterator[str]:
        return (attribute.name for attribute in self.attributes)

    def __len__(self) -> int:
        return len(self.attributes)

    def __repr__(self) -> str:
        groups: dict[str, list[str]] = {}
        for attribute in self.attributes:
            groups.setdefault(attribute.group, []).append(attribute.name)
        lines = [f"{len(self)} attributes of {self.scene!r}"]
        for group, names in groups.items():
            shown = ", ".join(names)
            if group == "coefficients" and len(names) > 6:
                shown = f"{names[0]} … {names[-1]} ({len(names)})"
            lines.append(f"  {group}: {shown}")
        return "\n".join(lines)


def table(scene: SceneLike, *, camera: Camera | None = None) -> AttributeTable:
    """A lazy mapping from names to values.

    Args:
        scene: what `Scene.of` takes.
        camera: as in `values`.
    """
    return AttributeTable(scene, camera=camera)


def chosen(
    scene: Scene, names: Iterable[str] | str | None, camera: Camera | None = None
) -> list[str]:
    """Names of attributes: as given; "all"; None for all but the slow and the single SH terms."""
    if names is None:
        every = available(scene, camera=camera)
        return [a.name for a in every if not a.slow and a.group != "coefficients"]
    if isinstance(names, str):
        return [a.name for a in available(scene, camera=camera)] if names == "all" else [names]
    return list(names)


def to_dataframe(
    scene: SceneLike, names: Iterable[str] | str | None = None, *, camera: Camera | None = None
) -> pd.DataFrame:
    """Attributes as columns of a pandas table, one row per Gaussian, in their order.

    Whole numbers and flags, such as `row` and `checked`, stay integers and booleans, and what is
    your own stays of its type; all else is float32. The columns share memory with what is kept of
    the scene and are read-only; `.copy()` the table to write into it. Units are in
    ``frame.attrs["units"]``.

    Args:
        scene: what `Scene.of` takes.
        names: which; "all"; None for all but the slow ones and the single SH coefficients.
        camera: as in `values`.

    Raises:
        ImportError: if pandas is not installed.
        AttributeLookupError: as `values`.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_dataframe needs pandas: `pip install pandas`; or use `attributes.table(scene)`, "
            "which maps names to numpy arrays without it"
        ) from error
    known = Scene.of(scene)
    wanted = chosen(known, names, camera)
    columns = {name: filled(name, _computed(known, name, camera)[1]) for name in wanted}
    frame = pd.DataFrame(columns, index=pd.RangeIndex(len(known), name="gaussian"), copy=False)
    frame.attrs["units"] = {name: get(name, known).unit for name in wanted}
    return frame


def _compute(attribute: Attribute, subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    try:
        found = attribute.compute(subject)
    except Exception as error:
        error.add_note(f"while computing the attribute {attribute.name!r}")
        raise
    found, expected = as_array(found), (len(subject.gaussians),)
    if found.shape != expected or not is_real(found):
        raise ValueError(
            f"expected the attribute {attribute.name!r} to be real numbers of shape {expected}, "
            f"got {found.dtype} of shape {found.shape}"
        )
    numbers = read_only(in_32_bits(found))
    if attribute.source == "user":
        tell_rounding(attribute.name, found, numbers)
    elif not _counts(found):
        return numbers, numbers
    return numbers, numbers if found.dtype == np.float32 else read_only(found)


def _counts(values: np.ndarray) -> bool:
    """Whether they are whole numbers of their own type, or such with gaps in float64."""
    if values.dtype.kind != "f":
        return True
    finite = values[np.isfinite(values)]
    return values.dtype == np.float64 and bool(len(finite)) and not (finite % 1).any()
