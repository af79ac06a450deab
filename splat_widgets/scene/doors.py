"""What a scene does: each method calls the function of a higher layer, through the late table."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.late import late


class Doors:
    """The public functions that take a scene, as its methods."""

    def show(self, **traits: Any) -> Any:
        """The viewer of the scene, for the last line of a cell.

        Args:
            traits: those of `SplatViewer`, such as `height` in CSS pixels or `background`.

        Returns:
            A `SplatViewer`.
        """
        return late("show")(self, **traits)

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the scene to a file; an older file is replaced.

        Args:
            path: where to; its ending chooses the format, and `.splatscene` keeps everything.
                Missing folders are made.
            options: further arguments of `sw.save`, such as `comments`.

        Returns:
            The path written; it says what reading the file back found.
        """
        return late("save")(self, path, **options)

    def export_colmap(self, folder: str | os.PathLike[str], **options: Any) -> Any:
        """Write photos, cameras and points as a COLMAP project, to train from.

        Args:
            folder: new, or empty.
            options: `binary`, `picture` ("whole" or "crop") and `max_points` of
                `splat_widgets.io.posed.export_colmap`.

        Returns:
            An `Exported`: what was written, as a path.
        """
        return late("export_colmap")(self, folder, **options)

    def export_nerfstudio(self, folder: str | os.PathLike[str], **options: Any) -> Any:
        """Write photos, cameras and points as nerfstudio's `transforms.json`, to train from.

        Args:
            folder: new, or empty.
            options: `picture` ("whole" or "crop") and `max_points` of
                `splat_widgets.io.posed.export_nerfstudio`.

        Returns:
            An `Exported`: what was written, as a path.
        """
        return late("export_nerfstudio")(self, folder, **options)

    def render(self, camera: Any = None, **options: Any) -> Any:
        """What a camera sees, with gradients.

        Args:
            camera: a `Camera`; a (4, 4) `T_world_camera` with OpenCV axes; None: the first camera.
            options: further arguments of `sw.render`: `size` in pixels, `background`, `sh_degree`.

        Returns:
            A `Rendering` with color (H, W, 3), depth (H, W) in scene units and alpha (H, W).
        """
        return late("render")(self, camera, **options)

    def film(self, path: str | os.PathLike[str], cameras: Any = None, **options: Any) -> Path:
        """Fly past cameras and write what is seen as a video.

        Args:
            path: where to; it ends in .mp4, .webm, .gif or .webp.
            cameras: at least two, such as `viewer.saved_cameras`; None: the photos' cameras.
            options: `seconds` of the flight, `size` in pixels, `fps`, `background`, `progress`.

        Returns:
            The path written.
        """
        return late("film")(self, path, cameras, **options)

    def describe(self, *names: str, camera: Camera | None = None) -> Any:
        """Statistics of the attributes: count, range, quantiles, unit.

        Args:
            names: which attributes; without any, all but the slow ones.
            camera: whose depth, distance and footprint in pixels are meant; None: the photos' own.

        Returns:
            A `Description`, a table by name.
        """
        return late("describe")(self, names or None, camera=camera)

    def to_dataframe(self, *names: str, camera: Camera | None = None) -> Any:
        """The attributes as a pandas table, one row per Gaussian; whole numbers stay integers.

        Args:
            names: which attributes; without any, all but the slow ones.
            camera: whose depth, distance and footprint in pixels are meant; None: the photos' own.

        Returns:
            A `pandas.DataFrame`; its `attrs["units"]` holds the units.
        """
        return late("to_dataframe")(self, names or None, camera=camera)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The viewer, and a picture for places without a kernel."""
        return late("mimebundle")(self, include, exclude)
