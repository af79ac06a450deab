"""The 3D viewer: sorted, anisotropic Gaussians drawn in the notebook."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, cast, get_args

from traitlets import (
    Bool,
    CaselessStrEnum,
    Dict,
    Float,
    Int,
    TraitError,
    Unicode,
    observe,
    validate,
)

from splat_widgets.page.bundle import BundledWidget
from splat_widgets.page.messages import (
    Buffer,
    ChunksArrived,
    ChunksQuestion,
    Handler,
    TraitsChanged,
)
from splat_widgets.page.snapshot import Snapshot
from splat_widgets.page.still import Still, StillContent
from splat_widgets.page.traits import take
from splat_widgets.rendering import film
from splat_widgets.rendering.preview import still_jpeg
from splat_widgets.scene.cameras import Camera
from splat_widgets.scene.framing import (
    DEFAULT_STATE,
    CameraState,
    initial_state,
)
from splat_widgets.scene.scene import Scene, SceneLike
from splat_widgets.viewer.messages import (
    Closed,
    Ready,
    SnapshotTaken,
    ToKernel,
    ToPage,
)
from splat_widgets.viewer.photos import camera_photos
from splat_widgets.viewer.placing import Placing
from splat_widgets.viewer.readings import ReadBothWays, Readings, doubt_of
from splat_widgets.viewer.records import Display, Measured, Metres, ViewerStatus
from splat_widgets.viewer.snapshots import Snapshots, snapshot_request
from splat_widgets.viewer.traits import CameraTrait, MeasuredTrait, SavedCameras
from splat_widgets.viewer.variants import Variants
from splat_widgets.viewer.views import Views, name_of
from splat_widgets.viewer.wire import EncodedScene, encode

logger = logging.getLogger(__name__)


class SplatViewer(Placing, ReadBothWays, BundledWidget):
    """Shows Gaussians in a notebook cell.

    Drag turns, shift- or right-drag moves, the wheel zooms once the viewer has been clicked.
    `camera`, `display`, ... can be read and set at any time; `await viewer.snapshot()` gives a PNG.

    Args:
        scene: what `Scene.of` takes, or None for an empty viewer.
        traits: any of the public traits below.

    Raises:
        TypeError: for a scene that cannot be shown or an unknown argument.
    """

    _entry = Unicode("viewer").tag(sync=True)
    _to_kernel = ToKernel

    _revision = Int(
        help="Counts what was sent to the pages unasked. JupyterLab brings traits up to date after "
        "a cut line; a page then asks for what it missed."
    ).tag(sync=True)

    camera = CameraTrait(
        dict(DEFAULT_STATE), help="Where the view is; a `Camera` may be assigned."
    ).tag(sync=True, record=CameraState)
    saved_cameras = SavedCameras(
        help="Views that were saved with the bookmark; `film` flies past them."
    ).tag(sync=True, record=CameraState)
    display = CaselessStrEnum(
        get_args(Display), default_value="splats", help="What to draw for each Gaussian."
    ).tag(sync=True)
    splat_scale = Float(1.0, min=0.0, help="Scale on every splat's extent; 1 is as predicted.").tag(
        sync=True
    )
    background = Unicode(
        "auto", help="A CSS colour such as 'black' or '#202020'; 'auto' follows the theme."
    ).tag(sync=True)
    show_cameras = Bool(
        True, help="Draw the input cameras and their photos; a click flies there."
    ).tag(sync=True)
    photo_opacity = Float(
        0.0,
        min=0.0,
        max=1.0,
        help="How much of a photo shows over the splats while the view is at its camera.",
    ).tag(sync=True)
    show_predicted = Bool(
        False, help="Show what the network had predicted in place of the refined scene."
    ).tag(sync=True)
    _has_predicted = Bool(False, help="Whether there is a prediction to show.").tag(sync=True)
    measured = MeasuredTrait(
        default_value=None,
        allow_none=True,
        help="What was measured last: two points and their distance.",
    ).tag(sync=True, record=Measured)
    height = Int(480, min=120, help="Height on the page, in CSS pixels.").tag(sync=True)
    status = Dict(help="What the page is doing; written by the page.").tag(
        sync=True, record=ViewerStatus
    )
    exact = Bool(False, help="Send float32 for every value instead of 32 bytes a Gaussian.")

    def __init__(self, scene: SceneLike | None = None, **traits: Any) -> None:
        self._lock = threading.RLock()
        self._kept = Still(self._picture, lambda: (self._revision, str(self.camera)))
        self._views = Views(lambda message, buffers=None: self.send(message, buffers))
        self._snapshots = Snapshots()
        self._encoded: EncodedScene | None = None
        self._scene = None if scene is None else Scene.of(scene)
        self._variants = Variants.of(self._scene)
        self._readings = Readings.of(self._scene)
        own = {"_has_predicted": self._variants is not None, "_doubt": doubt_of(self._readings)}
        super().__init__(**{"camera": self._home(), **own, **traits})

    @property
    def scene(self) -> Scene | None:
        """What is shown. Assigning what `Scene.of` takes, or None, replaces it in every view."""
        return self._scene

    @scene.setter
    def scene(self, scene: SceneLike | None) -> None:
        self._take(None if scene is None else Scene.of(scene))
        self.saved_cameras = []
        self.reset_camera()
        self._send_everywhere()

    def __scene__(self) -> Scene | None:
        return self._scene

    def __repr__(self) -> str:
        shown = "no scene" if self._scene is None else f"{len(self._scene):,} Gaussians"
        return f"{type(self).__name__}({shown})"

    def _take(self, scene: Scene | None) -> None:
        """Replace the scene without sending it."""
        with self._lock:
            self._scene, self._encoded = scene, None
            if self._variants is None or not self._variants.holds(scene):
                self._variants = Variants.of(scene)
            variants = self._variants
        self._has_predicted = variants is not None
        self.show_predicted = variants is not None and scene is variants.predicted
        self._take_readings(scene)
        self.measured = None

    @property
    def encoded(self) -> EncodedScene | None:
        """The scene as the page gets it, made on first use; None without a scene."""
        with self._lock:
            scene = self._scene
            if self._encoded is None and scene is not None:
                self._encoded = encode(
                    scene.gaussians,
                    scene.known_cameras,
                    photos=camera_photos(scene),
                    metres=cast("Metres", scene.metres),
                    exact=self.exact,
                )
                if self._encoded.num_dropped:
                    logger.warning(
                        "%d Gaussians have values that are not finite and are not shown",
                        self._encoded.num_dropped,
                    )
            return self._encoded

    def reset_camera(self) -> None:
        """Look from where the scene was first shown."""
        self.camera = self._home()

    def film(self, path: str | PathLike[str], **options: Any) -> Path:
        """Fly past the saved cameras and write what is seen as a video; see `Scene.film`.

        Args:
            path: where to; it ends in .mp4, .webm, .gif or .webp.
            options: `seconds` of the flight, `size` in pixels, `fps`, `background`, `progress`.

        Returns:
            The path written.

        Raises:
            ValueError: without a scene, or with one saved camera alone.
        """
        if self._scene is None:
            raise ValueError("expected a scene to film, and the viewer is empty")
        return film(self._scene, path, list(self.saved_cameras) or None, **options)

    def snapshot(
        self,
        path: str | PathLike[str] | None = None,
        *,
        width: int | None = None,
        height: int | None = None,
        camera: Camera | None = None,
        transparent: bool = False,
        timeout_s: float = 60.0,
        on_done: Callable[[Snapshot], object] | None = None,
    ) -> Snapshot:
        """Ask the page for a picture of the scene: `png = await viewer.snapshot()`.

        Args:
            path: also write the PNG there, when it has arrived.
            width: in pixels; as the camera says, else as shown on the page.
            height: in pixels.
            camera: take it from this camera, with its exact intrinsics, instead of the shown view.
            transparent: no background.
            timeout_s: how long `await` waits.
            on_done: called with the snapshot when it has arrived or failed, in any thread.

        Returns:
            An awaitable `concurrent.futures.Future` of the PNG's bytes. In a running cell only
            `await` works; its `.result()` would block the messages it waits for.

        Raises:
            ValueError: for a size that is not between 1 and 8192 pixels.
        """
        request = snapshot_request(width, height, camera, transparent)
        snapshot = self._snapshots.expect(request, path, timeout_s, on_done)
        self.send(request)  # a view that opens later gets it after its `ready`
        return snapshot

    def close(self) -> None:
        """Take the viewer off every page and free what it holds."""
        if "_lock" not in self.__dict__:  # an inspector that refused its scene
            return super().close()
        self._kept.refresh_now()
        self._views.clear()
        with self._lock:
            self._encoded = None
        self._snapshots.close()
        super().close()

    def _leave_still(self) -> None:
        if self._scene is not None:
            super()._leave_still()

    def _picture(self) -> StillContent:
        scene = self._scene
        if scene is None or not len(scene):
            return StillContent(repr(self))
        return StillContent(repr(self), still_jpeg(scene, cast("CameraState", self.camera)))

    def _home(self) -> CameraState:
        scene = self._scene
        if scene is None:
            return DEFAULT_STATE
        return initial_state(scene.means, scene.known_cameras)

    @validate("show_predicted")
    def _check_variant(self, proposal: Any) -> bool:
        if proposal["value"] and self._variants is None:
            raise TraitError(
                "show_predicted: expected a refined scene, which has a prediction to show; "
                "`reconstruct(..., refine=True)` makes one"
            )
        return proposal["value"]

    @observe("show_predicted")
    def _switch(self, change: Any) -> None:
        """Show the other scene from where the view is."""
        if self._variants is None:
            return
        wanted = self._variants.chosen(change["new"])
        self._show_instead(wanted)

    def _show_instead(self, wanted: Scene) -> None:
        """Show another scene of the same place from where the view is."""
        if self._scene is not None and wanted.record is not self._scene.record:
            self._take(wanted)
            self._send_everywhere()

    @observe("exact")
    def _resend(self, _change: object) -> None:
        with self._lock:
            self._encoded = None
        self._send_everywhere()

    def _count_news(self) -> None:
        """Let a page that misses the message that follows know it."""
        self._revision += 1

    def _send_everywhere(self) -> None:
        self._count_news()
        for view in self._views:
            self._send_scene(view)
        self._kept.refresh()

    def _send_scene(self, view: str, has: str | None = None) -> None:
        """Announce the scene and begin to send it, unless the view `has` its transfer."""
        encoded = self.encoded
        transfer = self._views.transfer(view, encoded, has)
        header = None if encoded is None else encoded.header
        self.send({"kind": "scene", "view": view, "transfer": name_of(transfer), "header": header})
        if transfer is not None:
            transfer.advance()

    def send(self, content: ToPage, buffers: Sequence[Buffer] | None = None) -> None:
        """Send a message to every page that shows the viewer.

        Args:
            content: one of `viewer/messages.py`.
            buffers: bytes that go with it.
        """
        self._post(content, buffers)

    def _handlers(self) -> dict[str, Handler]:
        return {
            **super()._handlers(),
            "ready": self._on_ready,
            "closed": self._on_closed,
            "snapshot": self._on_snapshot,
            "chunks_arrived": self._on_chunks,
            "chunks_question": self._on_chunks,
            "traits": self._on_traits,
            "length": self._on_length,
        }

    def _on_ready(self, message: Ready, _buffers: list[memoryview]) -> None:
        view = message["view"]
        self._views.forget_silent(view)
        self._send_scene(view, message["transfer"])
        for request in self._snapshots.requests:
            self.send({**request, "view": view})

    def _on_chunks(
        self, message: ChunksArrived | ChunksQuestion, _buffers: list[memoryview]
    ) -> None:
        self._views.answer(message)

    def _on_traits(self, message: TraitsChanged, _buffers: list[memoryview]) -> None:
        take(self, message["values"])

    def _on_closed(self, message: Closed, _buffers: list[memoryview]) -> None:
        self._views.forget(message["view"])
        with self._lock:
            if not len(self._views):
                self._encoded = None  # made again for the next view

    def _on_snapshot(self, message: SnapshotTaken, buffers: list[memoryview]) -> None:
        self._snapshots.take(message, buffers)
