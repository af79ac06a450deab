"""Between scenes and columns of files: what every reader checks and every writer begins with."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch

from splat_widgets.conventions import sh_degree
from splat_widgets.io.errors import FormatError
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.scene import Scene
from splat_widgets.scene.source import Frame, Source

SMALLEST_SCALE = float(np.finfo(np.float32).tiny)  # so that a scale of zero has a logarithm
_ROUNDING = 0.501  # opacities in half precision leave [0, 1] by a rounding error; a logit by more
_LEAST_BITS = 1 / 8  # bytes that a Gaussian takes in the tightest file
_SPARE = 2**16  # Gaussians that any file may promise

# Signs of the coefficients when y and z change theirs: basis functions of odd degree in (y, z).
_SH_SIGNS = np.array([1, -1, -1, 1, -1, 1, 1, -1, 1, -1, 1, -1, -1, 1, -1, 1], np.float32)


@dataclass(frozen=True, eq=False)
class Values:
    """The fields of `Gaussians` as float32 arrays."""

    means: np.ndarray  # (N, 3)
    scales: np.ndarray  # (N, 3) standard deviations
    quaternions: np.ndarray  # (N, 4) wxyz
    opacities: np.ndarray  # (N,)
    sh: np.ndarray  # (N, K, 3)

    def __len__(self) -> int:
        return len(self.means)

    @property
    def degree(self) -> int:
        """Of the spherical harmonics."""
        return sh_degree(self.sh.shape[1])

    def at(self, index: np.ndarray | slice) -> Values:
        """The rows at an index, in its order."""
        return Values(*(getattr(self, field.name)[index] for field in fields(self)))

    def half_turned(self) -> Values:
        """The same Gaussians in axes turned half around x: y down and z forward to up and back.

        Only signs change, so that two half turns give the same numbers again.
        """
        return Values(
            self.means * np.array([1, -1, -1], np.float32),
            self.scales,
            self.quaternions
            * np.array([1, 1, -1, -1], np.float32),  # the axes' signs do not matter
            self.opacities,
            self.sh * _SH_SIGNS[: self.sh.shape[1]][:, None],
        )


def joined(parts: Collection[Values]) -> Values:
    """All of several; coefficients that a part lacks are zero."""
    size = max(part.sh.shape[1] for part in parts)
    filled = [np.pad(p.sh, ((0, 0), (0, size - p.sh.shape[1]), (0, 0))) for p in parts]
    names = ("means", "scales", "quaternions", "opacities")
    return Values(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
        sh=np.concatenate(filled),
    )


def values_of(scene: Scene, *, degree: int = 3) -> Values:
    """What a writer begins with: checked, quaternions normalised, opacities within [0, 1].

    Args:
        scene: of any device and floating type.
        degree: of the spherical harmonics that the format holds at most.

    Raises:
        FormatError: for values that no file can hold.
    """
    check(scene.gaussians)
    values = scene.gaussians.to_numpy()
    norms = np.linalg.norm(values["quaternions"].astype(np.float64), axis=1, keepdims=True)
    return Values(
        values["means"],
        values["scales"].clip(SMALLEST_SCALE),
        (values["quaternions"] / norms).astype(np.float32),
        values["opacities"].clip(0, 1),
        values["sh"][:, : (degree + 1) ** 2],
    )


def check(gaussians: Gaussians, error: type[FormatError] = FormatError) -> None:
    """Refuse values that no file can hold.

    Raises:
        FormatError: for NaN or infinite values, negative scales, opacities outside [0, 1] and
            zero quaternions; it names the field and the first row.
    """
    if _all_fit(gaussians):
        return
    values = gaussians.to_numpy()
    wrong = {name: (~np.isfinite(array), "finite numbers") for name, array in values.items()}
    for name, (rows, expected) in (
        *wrong.items(),
        ("scales", (values["scales"] < 0, "standard deviations of at least 0")),
        (
            "opacities",
            (np.abs(values["opacities"] - 0.5) > _ROUNDING, "opacities in [0, 1], not logits"),
        ),
        (
            "quaternions",
            ((values["quaternions"] == 0).all(axis=1), "quaternions other than zero"),
        ),
    ):
        if text := wrong_rows(name, rows, expected):
            raise error(text)


def _all_fit(gaussians: Gaussians) -> bool:
    """Whether nothing is wrong, from the ends of each field: most scenes need no more."""
    if not len(gaussians):
        return True
    low, high = {}, {}
    for field in fields(Gaussians):
        values = getattr(gaussians, field.name).detach().float()
        low[field.name], high[field.name] = map(float, values.aminmax())  # NaN if one is NaN
    shortest = float(torch.linalg.vector_norm(gaussians.quaternions.detach().float(), dim=1).min())
    return (
        all(map(math.isfinite, (*low.values(), *high.values())))
        and low["scales"] >= 0
        and max(high["opacities"] - 0.5, 0.5 - low["opacities"]) <= _ROUNDING
        and shortest > 0
    )


def wrong_rows(name: str, wrong: np.ndarray, expected: str) -> str:
    """A sentence on what is marked wrong: column, expected, how many rows, the first.

    Empty if nothing is.
    """
    rows = np.flatnonzero(wrong.any(axis=tuple(range(1, wrong.ndim))))
    if not len(rows):
        return ""
    return (
        f"{name}: expected {expected}, got {len(rows):,} of {len(wrong):,} rows "
        f"otherwise, the first at row {rows[0]}"
    )


def check_count(count: int, size: int, path: Path) -> None:
    """Before anything is allocated: whether so many Gaussians can be in a file of `size` bytes.

    Raises:
        FormatError: if they cannot.
    """
    if count * _LEAST_BITS > size + _SPARE * _LEAST_BITS:
        raise FormatError(
            f"it promises {count:,} Gaussians, which its {size:,} bytes cannot hold; "
            "it is damaged or cut off",
            path,
        )


@np.errstate(all="ignore")  # a user's own settings would make wrong rows an error
def scene_of(
    path: Path,
    values: Values,
    *,
    on_bad: str = "drop",
    notices: Iterable[str] = (),
    comments: Iterable[str] = (),
    frame: Frame = "unknown",
) -> Scene:
    """The scene that a reader found, without the rows that no Gaussian can be made of.

    Args:
        path: of the file.
        values: as the file has them, decoded; quaternions need not be normalised.
        on_bad: "drop" leaves wrong rows out and counts them, "raise" refuses the file.
        notices: what the reader noticed, in sentences.
        comments: the file's own.
        frame: whose axes the values are in.

    Raises:
        FormatError: if no row is left, or for a wrong row that is not to be dropped.
        ValueError: for another `on_bad`.
    """
    if on_bad not in ("drop", "raise"):
        raise ValueError(f"expected on_bad to be 'drop' or 'raise', got {on_bad!r}")
    told, faults = list(notices), _faults(values)
    if faults:
        if on_bad == "raise":
            raise FormatError(faults[0][1], path)
        kept = ~np.any([rows for rows, _ in faults], axis=0)
        if not kept.any():
            raise FormatError(f"no row is left; {faults[0][1]}", path)
        told.append(
            f"{int((~kept).sum()):,} of {len(kept):,} rows are left out: "
            f"{'; '.join(sentence for _, sentence in faults)}."
        )
        values = values.at(kept)
    norms = np.linalg.norm(values.quaternions.astype(np.float64), axis=1, keepdims=True)
    fields_ = {
        "means": values.means,
        "scales": values.scales.clip(SMALLEST_SCALE),
        "quaternions": values.quaternions / norms,
        "opacities": values.opacities.clip(0, 1),
        "sh": values.sh,
    }
    gaussians = Gaussians(
        **{
            name: torch.from_numpy(np.require(array, np.float32, ["C", "W"]))
            for name, array in fields_.items()
        }
    )
    return Scene(gaussians, path=path, source=Source(tuple(comments), tuple(told), frame=frame))


def _faults(values: Values) -> list[tuple[np.ndarray, str]]:
    """Masks of wrong rows (N,), each with a sentence."""
    found = []
    for field in fields(values):
        array = getattr(values, field.name)
        wrong = ~np.isfinite(array)
        found.append((field.name, wrong, "finite numbers"))
    found.append(("scales", values.scales < 0, "standard deviations of at least 0"))
    found.append(("opacities", np.abs(values.opacities - 0.5) > _ROUNDING, "opacities in [0, 1]"))
    squares = (values.quaternions.astype(np.float64) ** 2).sum(axis=1)
    found.append(("quaternions", squares < 1e-30, "quaternions other than zero"))
    return [
        (wrong.reshape(len(wrong), -1).any(axis=1), wrong_rows(name, wrong, expected))
        for name, wrong, expected in found
        if wrong.any()
    ]
