"""Attributes of a refined scene: what the photos say, and what the network had predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor

from splat_widgets.attributes import colour, provenance, shape
from splat_widgets.attributes.records import ALL, UNIT, Attribute, Subject
from splat_widgets.scene.refinement import Evidence

PREDICTED = (
    "opacity",
    *(f"scale_{axis}" for axis in (0, 1, 2, "smallest", "middle", "largest")),
    "anisotropy",
    "flatness",
    *(f"quaternion_{part}" for part in "wxyz"),
    "rotation_angle",
    *(f"normal_{axis}" for axis in "xyz"),
    *(f"sh_energy_{degree}" for degree in range(4)),
    "view_dependence",
    "red",
    "green",
    "blue",
    "confidence",
    "offset_length",
    *(f"offset_{axis}" for axis in "xyz"),
    "residual",
)
"""Attributes of the network's own scene that a refined Gaussian carries as `predicted_…`."""


def attributes() -> Iterator[Attribute]:
    """All attributes of this file."""
    yield from _evidence()
    for attribute in (*shape.attributes(), *colour.attributes(), *provenance.attributes()):
        if attribute.name in PREDICTED:
            yield _predicted(attribute)


def _evidence() -> Iterator[Attribute]:
    checked = Attribute(
        name="checked",
        label="Checked",
        unit="",
        formula="1 where two photos agree on the depth to 4 %, else 0",
        description="Whether another photo sees the same depth at the Gaussian's pixel.",
        compute=lambda s: _of(s).checked,
        group="photo",
        needs=("evidence",),
        colormap="cividis",
        range=UNIT,
    )
    yield checked
    yield replace(
        checked,
        name="source",
        label="Depth source",
        formula="0 the network's, 1 filled between checked pixels, 2 checked by another photo",
        description="Where the Gaussian's depth comes from. A depth within 0.1 % of the network's "
        "counts as the network's.",
        compute=_source,
        range=ALL,
    )
    yield replace(
        checked,
        name="depth_change",
        label="Depth change",
        formula="z / z of the network",
        description="Refined depth over the predicted one, along the axis of the Gaussian's own "
        "photo; 1 is unchanged.",
        compute=lambda s: _of(s).depth_change,
        colormap="viridis",
        range=ALL,
        log=True,
    )
    yield replace(
        checked,
        name="match_error",
        label="Match error",
        formula="(1 - ZNCC) / 2 of 5 x 5 and 11 x 11 windows",
        description="How unlike the photos are where the Gaussian's depth maps its pixel: 0 for "
        "equal windows, 0.5 for unrelated ones.",
        compute=lambda s: _of(s).match_error,
        colormap="viridis",
    )


def _of(subject: Subject) -> Evidence:
    evidence = subject.scene.evidence
    assert evidence is not None, "`needs` says so"
    return evidence


def _source(subject: Subject) -> Tensor:
    evidence = _of(subject)
    moved = (evidence.depth_change - 1).abs() > 1e-3
    return torch.where(evidence.checked, 2, moved.long())


def _predicted(attribute: Attribute) -> Attribute:
    return replace(
        attribute,
        name=f"predicted_{attribute.name}",
        label=f"Predicted {attribute.label[0].lower()}{attribute.label[1:]}",
        description=f"Of the network's own Gaussian at this pixel. {attribute.description}",
        compute=_of_prediction(attribute.compute),
        group="predicted",
        needs=("evidence",),
        min_sh_degree=0,
        missing=_lacks(attribute),
    )


def _of_prediction(compute: Callable[[Subject], object]) -> Callable[[Subject], Tensor]:
    def values(subject: Subject) -> Tensor:
        scene = subject.scene
        predicted = scene.predicted
        assert predicted is not None, "a scene with evidence has one"
        found = torch.as_tensor(compute(Subject.of(predicted)), device=predicted.device)
        return found[_of(subject).predicted_row.to(found.device)]

    return values


def _lacks(attribute: Attribute) -> Callable[[Subject], str | None]:
    def missing(subject: Subject) -> str | None:
        predicted = subject.scene.predicted
        if predicted is None or predicted.sh_degree < attribute.min_sh_degree:
            return f"a prediction with spherical harmonics of degree {attribute.min_sh_degree}"
        return attribute.missing(Subject.of(predicted))

    return missing
