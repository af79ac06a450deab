"""What a comparison answers in Python: matches, pictures, values and tables of its scenes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from splat_widgets.comparison.frames import Alignment
from splat_widgets.comparison.pictures import PictureDifference, compare_pictures
from splat_widgets.comparison.pixels import PixelMatch, match
from splat_widgets.comparison.state import ComparisonState
from splat_widgets.comparison.tables import beside, describe_all
from splat_widgets.comparison.values import AttributeDifference, compare_values
from splat_widgets.rendering.viewpoint import CameraLike, Size, viewpoint
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import CameraState, camera_state, check_state, pinhole_of
from splat_widgets.scene.scene import Scene

if TYPE_CHECKING:
    import pandas as pd

_PICTURE_PX = (512, 384)  # width and height of a picture of differences


class ComparedScenes(ComparisonState):
    """The scenes of a comparison, and how they differ. A mixin; the class sets what is below."""

    _alignments: list[Alignment]
    _matches: dict[tuple[int, int], tuple[Scene, Scene, PixelMatch]]

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """What the views show, with the edits that were made there."""
        return tuple(cast("Scene", view.scene) for view in self.views)

    @property
    def camera(self) -> CameraState:
        """Where the first view looks from, in its frame. A state or a `Camera` may be assigned."""
        return cast("CameraState", self.views[0].camera)

    @camera.setter
    def camera(self, value: CameraState | Camera) -> None:
        known = camera_state(value) if isinstance(value, Camera) else check_state(value)
        for view, alignment in zip(self.views, self._alignments, strict=True):
            view.camera = dict(alignment.state(known))

    def match(self, first: int = 0, second: int = 1) -> PixelMatch:
        """Which Gaussians of two scenes belong to the same pixels.

        Args:
            first: place of a scene, counted from 0.
            second: place of another.
        """
        one, other = self.scenes[first], self.scenes[second]
        kept = self._matches.get((first, second))
        if kept is None or kept[0] is not one or kept[1] is not other:
            kept = (one, other, match(one, other))
            self._matches[first, second] = kept
        return kept[2]

    def difference(
        self,
        first: int = 0,
        second: int = 1,
        *,
        camera: CameraLike = None,
        size: Size | None = None,
    ) -> PictureDifference:
        """How different two scenes look: both rendered from one camera, over black.

        Args:
            first: place of a scene, counted from 0.
            second: place of another.
            camera: as in `render`, in the frame of the comparison's first scene; None: where the
                views look from.
            size: longer side, or (width, height), in pixels; None: the camera's own, or 512 x 384.

        Returns:
            A record with both pictures, `error`, `psnr` and `ssim`; it shows itself as a picture.

        Raises:
            IndexError: for a place without a scene.
            TypeError: if it is not a camera.
            ValueError: for a pose or size that cannot be.
        """
        if camera is None:
            camera = pinhole_of(self.camera, *_PICTURE_PX)
        here = viewpoint(self.scenes[0], camera, size)
        places = (first, second)
        scenes, titles = self._two(places)
        one, other = (self._alignments[place].camera(here) for place in places)
        return compare_pictures(scenes, (one, other), titles, here)

    def attribute_difference(
        self, name: str, first: int = 0, second: int = 1
    ) -> AttributeDifference:
        """How an attribute differs: second minus first, at the pixels that both have.

        Args:
            name: of an attribute, as in `catalogue`.
            first: place of a scene, counted from 0.
            second: place of another.

        Returns:
            A record with maps, values and statistics; it shows itself as maps. Lengths are in the
            unit of the comparison's first scene.

        Raises:
            IndexError: for a place without a scene.
            ValueError: for an attribute that not all scenes have, or that means something else in
                each frame.
        """
        self._known_attribute(name)
        scenes, titles = self._two((first, second))
        units = (self._alignments[first], self._alignments[second])
        return compare_values(name, scenes, titles, self.match(first, second), units)

    def table(self, *names: str) -> pd.DataFrame:
        """Statistics of the scenes side by side.

        Args:
            names: of attributes; without any, all of `catalogue`.

        Returns:
            A `pandas.DataFrame` with one row for each attribute and a column for each statistic of
            each scene; its `attrs["units"]` holds the units.

        Raises:
            ImportError: if pandas is not installed.
            ValueError: for an attribute that not all scenes have.
        """
        chosen = list(names) or self._attribute_names
        for name in chosen:
            self._known_attribute(name)
        return beside(describe_all(self.scenes, chosen), cast("list[str]", self.titles))

    def _two(self, places: tuple[int, int]) -> tuple[tuple[Scene, Scene], tuple[str, str]]:
        """Scenes and titles of two places."""
        (one, other), titles = places, cast("list[str]", self.titles)
        for place in places:
            if not 0 <= place < len(self.views):
                raise IndexError(f"expected places from 0 to {len(self.views) - 1}, got {place}")
        scenes = self.scenes
        return (scenes[one], scenes[other]), (titles[one], titles[other])
