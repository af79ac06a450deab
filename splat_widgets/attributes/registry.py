"""Which attributes there are: the built-in ones, and those a user adds."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from keyword import iskeyword
from os import PathLike
from typing import Any

import numpy as np
from torch import Tensor

from splat_widgets.attributes import (
    colour,
    given,
    neighbours,
    provenance,
    refinement,
    shape,
)
from splat_widgets.attributes.colormaps import Colormap
from splat_widgets.attributes.records import PERCENTILE, Attribute, Range, Subject
from splat_widgets.attributes.store import home, kept
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.scene import Scene, SceneLike

_BUILT_IN: dict[str, Attribute] = {
    attribute.name: attribute
    for part in (shape, neighbours, colour, provenance, refinement)
    for attribute in part.attributes()
}
# The same for scenes whose unit of length nobody knows.
_UNMEASURED = {
    name: replace(attribute, unit="scene units") if attribute.unit == "m" else attribute
    for name, attribute in _BUILT_IN.items()
}
_added: dict[str, Attribute] = {}  # for every scene of this session


class AttributeLookupError(KeyError):
    """No such attribute, or not of this scene."""

    def __str__(self) -> str:  # KeyError shows the repr of its text
        return str(self.args[0])


def available(
    scene: SceneLike | None = None, *, camera: Camera | None = None
) -> tuple[Attribute, ...]:
    """The attributes that a scene has; without a scene, all that are known to the session.

    Args:
        scene: what `Scene.of` takes, or None.
        camera: with one, also the attributes that need a camera.
    """
    if scene is None:
        return (*_BUILT_IN.values(), *_added.values())
    subject = Subject.of(scene, camera)
    return tuple(a for a in _visible(subject.scene).values() if lacking(a, subject) is None)


def get(name: str, scene: SceneLike | None = None) -> Attribute:
    """The attribute of a name.

    Args:
        name: as in `available`.
        scene: whose own attributes count too.

    Raises:
        AttributeLookupError: if there is none; it names similar ones.
    """
    known = _BUILT_IN | _added if scene is None else _visible(Scene.of(scene))
    if name in known:
        return known[name]
    close = difflib.get_close_matches(str(name), known, n=3, cutoff=0.6)
    close += [n for n in known if len(str(name)) > 2 and str(name) in n and n not in close][:3]
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else "see `available(scene)`"
    raise AttributeLookupError(f"expected the name of an attribute, got {name!r}; {hint}")


def lacking(attribute: Attribute, subject: Subject) -> str | None:
    """What a scene lacks for an attribute, in words; None if nothing."""
    lacks = [name for name in attribute.needs if not subject.scene.has(name)]
    if lacks:
        return (
            f"a scene with `{'`, `'.join(lacks)}`, as `reconstruct` returns it, and got one "
            "without (a .ply keeps Gaussians alone)"
        )
    degree = subject.gaussians.sh_degree
    if degree < attribute.min_sh_degree:
        return (
            f"spherical harmonics of degree {attribute.min_sh_degree}, and this scene has degree "
            f"{degree}"
        )
    return attribute.missing(subject)


def register(
    name: str,
    source: Callable[[Any], Tensor | np.ndarray] | Tensor | np.ndarray | Sequence[float],
    *,
    scene: SceneLike | None = None,
    label: str | None = None,
    unit: str = "",
    formula: str = "",
    description: str = "",
    colormap: Colormap = "viridis",
    range: Range = PERCENTILE,
    log: bool = False,
    needs: str | Sequence[str] = (),
) -> Attribute:
    """Add an attribute of your own.

    A function counts for every scene of the session, or for one if `scene` is given; it is called
    with the scene when values are asked for. An array needs its `scene` and is freed with it. On a
    reconstruction it belongs to the pixels: every selection of that scene has it too, with NaN for
    pixels that had no value. On `Gaussians` it belongs to that record alone.

    Registering a name again replaces it, so a notebook cell can be run twice; built-in names are
    taken.

    Args:
        name: an identifier, so that it can be a column of a table.
        source: a function of the `Scene` that returns (N,) numbers, or such numbers; for a
            reconstruction also one map per photo, (P, H, W). Flags, whole numbers and floats stay
            of their type; a masked array (`np.ma`) has no value where it is masked.
        scene: the only scene that has it.
        label: for axes; the name by default.
        unit: "" for plain numbers.
        formula: a short text.
        description: a sentence.
        colormap: sequential, signed ("coolwarm") or cyclic ("twilight").
        range: how the shown range follows from the values.
        log: a logarithmic axis suits it.
        needs: what the function reads of a `Scene` that Gaussians alone do not have, for example
            "confidence".

    Raises:
        ValueError: for a name that is taken or not an identifier, an unknown field in `needs`, or
            an array of another shape, or of complex numbers, dates or texts.
        TypeError: for an array without a scene, or a path as the scene.
    """
    if isinstance(scene, str | PathLike):  # what is read from it would be gone at once
        raise TypeError(
            f"expected the scene that the values belong to, got the path {os.fspath(scene)!r}; "
            "read it first: scene = load(path)"
        )
    if not (isinstance(name, str) and name.isidentifier()) or iskeyword(name) or name == "all":
        raise ValueError(f"expected an identifier as name, for example 'my_score', got {name!r}")
    if name in _BUILT_IN:
        raise ValueError(f"{name!r} is built in; choose another name, for example 'my_{name}'")
    wanted = (needs,) if isinstance(needs, str) else tuple(needs)
    if not set(wanted) <= {"gaussians", *dir(Scene)}:
        raise ValueError(f"expected names of fields of `Scene` as needs, got {needs!r}")
    known = None if scene is None else Scene.of(scene)
    if callable(source):
        function = source
    elif known is None:
        raise TypeError(
            f"expected a function of the scene, got {type(source).__name__}; "
            "pass `scene=` with the scene that the values belong to"
        )
    else:
        function = given.lookup(name, source, known)
    attribute = Attribute(
        name=name,
        label=label or name.replace("_", " ").capitalize(),
        unit=unit,
        formula=formula or ("a function" if callable(source) else "an array"),
        description=description,
        compute=lambda subject: function(subject.scene),
        source="user",
        needs=wanted,
        colormap=colormap,
        range=range,
        log=log,
    )
    if known is None:
        _added[name] = attribute
    else:
        kept(home(known)).attributes[name] = attribute
    return attribute


def unregister(name: str, *, scene: SceneLike | None = None) -> None:
    """Remove an attribute of your own.

    Args:
        name: as it was registered.
        scene: the scene that it was registered for; None: for every scene.

    Raises:
        AttributeLookupError: if it was not registered there.
    """
    place = _added if scene is None else kept(home(Scene.of(scene))).attributes
    if name not in place:
        where = "for every scene" if scene is None else "for this scene"
        raise AttributeLookupError(f"expected a name that was registered {where}, got {name!r}")
    del place[name]


def _visible(scene: Scene) -> dict[str, Attribute]:
    built_in = _UNMEASURED if scene.frame == "unknown" else _BUILT_IN
    return built_in | _added | kept(home(scene)).attributes
