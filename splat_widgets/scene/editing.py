"""Edits of a whole scene: move, turn, scale, level, merge. Each returns another scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from splat_widgets.geometry import similarity
from splat_widgets.geometry.gravity import up_direction
from splat_widgets.scene.gaussians import Gaussians
from splat_widgets.scene.late import late
from splat_widgets.scene.merging import merged_scenes
from splat_widgets.scene.placement import Placement, placed
from splat_widgets.scene.source import Source

if TYPE_CHECKING:
    from typing import Self

Point = Sequence[float] | np.ndarray | Tensor
ORIGIN = (0.0, 0.0, 0.0)
UP = (0.0, -1.0, 0.0)
"""Up in a level scene: our y axis points down."""


class Editing:
    """Similarities of a scene, with all that it knows: maps, cameras and its prediction move along.

    What belongs to photos stays: which pixel a Gaussian comes from, focal lengths, the verdict. So
    do numbers that were registered as attributes.
    """

    def transformed(self, T: Any, *, metres: bool = False) -> Self:
        """The scene in another frame; `scene.placement` keeps the way from where it was made.

        Args:
            T: (4, 4) similarity (rotation, one positive scale, translation) on columns of points.
            metres: whether its lengths are metres afterwards, as `scaled_to` makes them.

        Raises:
            ValueError: for transforms that shear, mirror, flatten, are not finite or take Gaussians
                beyond what numbers of 32 bits hold.
        """
        scene, exact = cast("Any", self), similarity.checked(T)
        factor = float(similarity.parts(exact)[1])
        _check_room(scene.gaussians, exact, factor)
        whole, source = scene.reconstruction, scene.source
        placement = placed(
            scene.placement, exact.detach().cpu().numpy(), factor, scene.metres, metres
        )
        cameras = tuple(one and one.transformed(exact) for one in scene.cameras)
        if whole is not None:
            whole = whole.transformed(exact, placement)
            gaussians, cameras = whole.gaussians, whole.cameras
        else:
            gaussians = scene.gaussians.transformed(exact)
            source = (source or Source()).transformed(factor, placement)
        changed = replace(
            scene,
            gaussians=gaussians,
            cameras=cameras,
            reconstruction=whole,
            source=source,
            path=None,
            inspection=None,
        )
        late("carry")(scene, changed)
        return changed

    def moved(self, offset: Point) -> Self:
        """The scene with (3,) numbers added to all places.

        Args:
            offset: x right, y down, z forward, in scene units.
        """
        return self.transformed(similarity.moving(offset))

    def turned(self, axis: Point, angle_deg: float, *, about: Point = ORIGIN) -> Self:
        """The scene turned about an axis, as a right-handed screw along it does.

        Args:
            axis: (3,) of any length above 0.
            angle_deg: how far.
            about: (3,) a point on the axis.
        """
        return self.transformed(similarity.turning(axis, angle_deg, about))

    def scaled(self, factor: float, *, about: Point = ORIGIN) -> Self:
        """The scene with all lengths multiplied; nobody knows its unit of length afterwards.

        Args:
            factor: a factor above 0.
            about: (3,) the point that stays where it is.
        """
        return self.transformed(similarity.scaling(factor, about))

    def scaled_to(self, first: Point, second: Point, metres: float) -> Self:
        """The scene in metres, after the distance of two points was measured outside.

        Args:
            first: (3,) a point of the scene; it stays where it is.
            second: (3,) another one.
            metres: how far they are apart in the world, above 0 m.

        Raises:
            ValueError: for one point twice, or a length that is not above 0.
        """
        here, there = (similarity.vector("a point", one) for one in (first, second))
        length, distance = similarity.number("metres", metres), float(np.linalg.norm(there - here))
        if not length > 0:
            raise ValueError(f"expected a length above 0 m, got {metres}")
        if not distance > 0:
            raise ValueError(f"expected two points apart from each other, got {here} twice")
        return self.transformed(similarity.scaling(length / distance, here), metres=True)

    def levelled(self, floor: Sequence[Point] | np.ndarray | Tensor | None = None) -> Self:
        """The scene turned so that up is up: along -y, as our frame has it.

        Args:
            floor: (K, 3) points on a floor or table, in scene units, which comes to lie at y = 0;
                its upper side is the cameras', or without cameras that of most Gaussians. None:
                gravity as far as the cameras tell, which people hold level.

        Raises:
            ValueError: for points on one line; without points, for a scene without cameras, or with
                cameras that are held in many ways.
        """
        if floor is None:
            return self.transformed(similarity.turning_onto(self._up(), UP, ORIGIN))
        corners = similarity.points("on the floor", floor)
        similarity.check_triangle("on the floor", corners)
        middle = corners.mean(0)
        normal = np.linalg.svd(corners - middle)[2][2]
        if np.median((self._over() - middle) @ normal) < 0:
            normal = -normal
        turn = similarity.turning_onto(normal, UP, middle)
        return self.transformed(similarity.moving((0.0, -middle[1], 0.0)) @ turn)

    def merged(self, other: Self, T: Any = None, *, pairs: Sequence[Any] | None = None) -> Self:
        """Both scenes in this one's frame and unit of length.

        Of two reconstructions the result is one: its photos, maps and cameras are this one's and
        then the other's, and every Gaussian keeps its pixel. `a + b` joins parts of one scene.

        Args:
            other: the scene to add, or what `Scene.of` takes.
            T: (4, 4) similarity from the other's frame to this one's.
            pairs: instead, points (K, 3) here and the same points (K, 3) in the other scene, at
                least three.

        Raises:
            ValueError: without a way from one frame to the other, or with two.
        """
        if (T is None) == (pairs is None):
            raise ValueError(
                "expected the way from the other scene's frame to this one's, either as T (4, 4) "
                "or as pairs=(three points here, the same three there); parts of one scene are "
                "joined by `a + b`"
            )
        if pairs is not None:
            if not isinstance(pairs, Sequence | np.ndarray | Tensor) or len(pairs) != 2:
                raise ValueError(f"expected pairs as (points here, points there), got {pairs!r}")
            T = similarity.from_pairs(*pairs)
        moved = cast("Any", type(self)).of(other).transformed(T)
        return cast("Any", merged_scenes(self, moved))

    @property
    def placement(self) -> Placement | None:
        """Where the scene was put since it was made; None where it was made."""
        scene = cast("Any", self)
        told = scene.source if scene.reconstruction is None else scene.reconstruction
        return None if told is None else told.placement

    @property
    def metres(self) -> str:  # a `Unit`: Tab (jedi) fails on an object with a `Literal` property
        """Whose metres its lengths are: "given", the "model"'s guess, or "unknown".

        Gaussians alone, as a `.ply` gives them, say nothing of their unit. A network's lengths are
        its guess of metres, unless the photos or the user say otherwise.
        """
        scene = cast("Any", self)
        if self.placement is not None:
            return self.placement.metres
        if scene.reconstruction is None:
            return "unknown"
        found = scene.reconstruction.refinement
        return "model" if found is None else found.metres

    def _up(self) -> np.ndarray:
        cameras = cast("Any", self).known_cameras
        way = "give three points on its floor: `scene.levelled([p, q, r])`"
        if not cameras:
            raise ValueError(f"expected a scene with cameras, which tell where up is; else {way}")
        turns = torch.stack([one.T_world_camera[:3, :3].detach().cpu() for one in cameras])
        found = up_direction(turns.double().numpy())
        if found is None:
            raise ValueError(f"expected cameras that agree where up is, got many ways; {way}")
        return found

    def _over(self) -> np.ndarray:
        """(K, 3) places that are above a floor: the cameras', else the Gaussians'."""
        scene = cast("Any", self)
        centres = [one.center_world.detach().cpu().double().numpy() for one in scene.known_cameras]
        means = scene.gaussians.means.detach().cpu().double().numpy()
        return np.stack(centres) if centres else means[np.isfinite(means).all(1)]


def _check_room(gaussians: Gaussians, T: Tensor, factor: float) -> None:
    """ValueError where a transform takes Gaussians beyond the numbers of 32 bits."""
    if not len(gaussians):
        return
    number = torch.finfo(torch.float32)
    least, most = number.tiny**0.5, number.max**0.5  # covariances are squares
    shift = float(T[:3, 3].detach().abs().max())
    reach = factor * float(gaussians.means.detach().abs().max()) + shift
    smallest, largest = (float(size) for size in gaussians.scales.detach().aminmax())
    vanishes = factor * smallest < least <= smallest
    if reach > most or factor * largest > most or vanishes:
        raise ValueError(
            "expected a transform after which 32-bit numbers hold the scene, got coordinates up to "
            f"{reach:.3g} and sizes from {factor * smallest:.3g} to {factor * largest:.3g}"
        )
