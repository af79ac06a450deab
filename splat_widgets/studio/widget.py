"""`Studio`: upload, generate, view and save in one widget."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, cast

from ipywidgets import widget_serialization
from traitlets import Enum, Tuple, Unicode

from splat_widgets import events
from splat_widgets.health import Health
from splat_widgets.health import health as look
from splat_widgets.inspector import Inspector
from splat_widgets.jobs.explain import explain, sentence
from splat_widgets.jobs.run_metrics import RunMetrics
from splat_widgets.jobs.runner import ProgressLike, Run, Runner, RunState
from splat_widgets.jobs.totals import Totals, totals
from splat_widgets.jobs.worker import Worker
from splat_widgets.page.arguments import named
from splat_widgets.page.bundle import BundledWidget
from splat_widgets.page.still import Still, StillContent
from splat_widgets.reconstruction.choices import Refine
from splat_widgets.rendering.preview import still_jpeg
from splat_widgets.scene.framing import CameraState
from splat_widgets.scene.scene import Scene
from splat_widgets.settings import Settings
from splat_widgets.studio.files import stem_of, title_of
from splat_widgets.studio.keeping import Keeping
from splat_widgets.studio.model import StudioModel
from splat_widgets.studio.outlook import Outlook
from splat_widgets.studio.records import ResultItem, run_item
from splat_widgets.studio.refining import refine_of
from splat_widgets.studio.results import Result, ResultList
from splat_widgets.studio.strip import RunStrip
from splat_widgets.studio.verdict import verdict
from splat_widgets.upload import PhotoFile, UploadPanel
from splat_widgets.upload.shelf import AddedPhoto
from splat_widgets.viewer import SplatViewer

logger = logging.getLogger(__name__)

NO_PHOTOS = "there are no photos: drop them on the panel, or call studio.panel.add(...)"
NO_SCENE = (
    "the studio has no scene yet: press Generate, call `studio.generate().result()`, or open one "
    "with `studio.open_scene(path)`; then `studio.scene` and `studio.result` are what it shows"
)
BUSY = "A run is going on: cancel it first."
EMPTY = "Studio: photos are made into 3D Gaussians here; it has no scene yet and needs its kernel"
CANCELLED = "Cancelled. The photos and the last scene are as they were."
_files = Worker("splat-files")  # saving, opening, showing: too slow for a callback


@named((*Settings.names(), "refine", "layout"))
class Studio(Keeping, BundledWidget):
    """The whole path in one widget: photos -> Generate -> viewer -> Save.

    `studio.panel` takes the photos and `studio.viewer` shows the scene `studio.result`;
    `studio.results` are the last scenes. `studio.generate()` does what the button does. The viewer
    is an `Inspector` with its panel closed; an edit in it joins the list as a scene of its own.
    """

    _entry = Unicode("studio").tag(sync=True)
    _parts = Tuple(help="The widgets in it, from top to bottom.").tag(
        sync=True, ts="string[]", **widget_serialization
    )
    _official = 'Studio(model="official")'  # how its reader chooses the released weights
    refine = Enum(
        ["auto", True, False],
        "auto",
        help="Whether the photos decide about depth and Gaussians; as in `reconstruct`.",
    )
    status = Unicode(
        "idle",
        read_only=True,
        help="idle, queued, running, cancelling, done, cancelled or failed; can be observed.",
    )

    def __init__(
        self,
        *photos: AddedPhoto,
        model: Any = None,
        viewer: SplatViewer | None = None,
        **settings: Any,
    ) -> None:
        """A studio, with the given photos in it.

        Args:
            photos: paths, bytes or `PhotoFile` records to start with.
            model: a loaded model, a service (`sw.connect`), or a source as in `load_model`
                ("official", "embedded", a path); None: the setting `model_path`, else what
                `load_model()` chooses.
            viewer: to show scenes in; a new `Inspector` if not given.
            settings: `device`, `model_path`, `output_dir`, `max_images`, `image_size`,
                `max_file_size`; see `splat_widgets.settings`. And `refine`, `layout`, and
                `autosave=True`, which saves every new scene whole, as "Save scene" does.

        Raises:
            TypeError: for an unknown argument.
            ValueError: for a value that is not allowed.
        """
        layout = settings.pop("layout", {"width": "100%"})
        refine = settings.pop("refine", "auto")
        self._autosave = bool(settings.pop("autosave", False))
        self.settings = Settings.resolve(**settings)
        self._network = StudioModel(model, self.settings)
        self._waits_for_photos = False  # Generate was pressed while photos were arriving
        self._lock = threading.RLock()
        self._list = ResultList(self.settings.output_dir)
        self._runner = Runner(self._on_run)
        self.panel = UploadPanel(
            *photos,
            max_images=self.settings.max_images,
            max_file_size=self.settings.max_file_size,
            image_size=self.settings.image_size,
        )
        self.viewer = viewer or Inspector(show_panel=False)
        self.strip = RunStrip(
            {
                "generate": lambda _: self._press_generate(),
                "cancel": lambda _: self.cancel(),
                "refine": lambda m: self.set_trait("refine", refine_of(m["choice"])),
                "refine_now": lambda _: self._refine_now(),
                "reset": lambda _: self.reset(),
                "show": lambda m: self._later("show", lambda: self.show(m["id"])),
                "save": lambda m: self._later("save", lambda: self.save(m["id"])),
                "keep": lambda m: self._later("save", lambda: self.keep(m["id"])),
                "forget": lambda m: self._later("remove", lambda: self._forget(m["id"])),
                "download": lambda m: self._later("download", lambda: self._download(m)),
                "open_saved": lambda m: self._later("open", lambda: self._open_saved(m)),
            },
            lambda file: _files.submit(lambda: self._open_received(file)),
            output_dir=str(self.settings.output_dir),
            saves=self._saves,
            run=dict(run_item(RunState())),
        )
        self._outlook = Outlook(self.panel, self.strip, self._network)
        self._kept = Still(self._picture, lambda: (self._list.shown, str(self.viewer.camera)))
        parts = (self.panel, self.strip)
        super().__init__(_parts=parts, layout=layout, refine=refine)
        self.panel.observe(lambda _: self._on_photos(), names=["photos", "uploading"])
        self.panel.observe(lambda _: self._on_other_photos(), names=["photos"])
        self.panel.observe(lambda _: self._forecast(), names=["selected_photos"])
        self.observe(lambda _: self._forecast(), names=["refine"])
        self.viewer.observe(lambda _: self._on_inspected(), names=["read_plain"])
        if isinstance(self.viewer, Inspector):
            self.viewer.observe(lambda _: self._on_inspected(), names=["scene_info"])
        self._show_model()
        self._on_photos()
        self._list_files()

    def close(self) -> None:
        """Take the studio off every page."""
        if "_kept" in self.__dict__:  # not for one that refused its arguments
            self._kept.refresh_now()
        super().close()

    def _picture(self) -> StillContent:
        if self.result is None:
            return StillContent(EMPTY)
        state = cast("CameraState", self.viewer.camera)
        return StillContent(repr(self), still_jpeg(self.result, state))

    def __repr__(self) -> str:
        return f"Studio({len(self.panel.photos)} photos, {self.viewer!r}, {self.status})"

    @property
    def model(self) -> Any:
        """The loaded model; None before the first run has loaded it."""
        return self._network.loaded

    @property
    def result(self) -> Scene | None:
        """The scene on the screen."""
        shown = self._list.shown
        return None if shown is None else self._list.get(shown).scene

    @property
    def scene(self) -> Scene:
        """`result`, for those who expect it to be there.

        Raises:
            AttributeError: while there is none; it says how to get one.
        """
        if self.result is None:
            raise AttributeError(NO_SCENE, name="scene", obj=self)
        return self.result

    @property
    def results(self) -> tuple[Result, ...]:
        """The last scenes, newest first."""
        return tuple(self._list)

    @property
    def message(self) -> str:
        """The last message below the buttons, for example why a run failed."""
        return str(self.strip.message.get("text", ""))

    def generate(self) -> Run:
        """Start a run on `panel.selected_photos`, as the button does.

        Returns:
            A future of the scene: `await` it in a notebook, or `.result()` in a script.

        Raises:
            ValueError: if there are no photos.
            RuntimeError: if a run is going on.
        """
        photos = self.panel.selected_photos
        if not photos:
            raise ValueError(NO_PHOTOS)
        self._waits_for_photos = False
        crops, refine = self.panel.selected_crops, self.refine
        run = self._runner.start(
            lambda progress: self._work(photos, progress, refine=refine, crops=crops),
            lambda scene, metrics: self._enlist(scene, photos, metrics),
            stages=self._network.stages,
        )
        run.add_done_callback(self._on_end)
        return run

    def cancel(self) -> bool:
        """Stop the run at its next step, within a second; False if there is none."""
        if self._waits_for_photos:
            self._waits_for_photos = False
            self._on_run(RunState("cancelled"))
            self.strip.say(CANCELLED)
            return True
        return self._runner.cancel()

    def reset(self) -> None:
        """Remove the photos and empty the viewer; the list of results stays."""
        if self._runner.is_busy:
            self.strip.say(BUSY, error=True)
            return
        self._waits_for_photos = False
        self.panel.reset()
        self._clear_screen()
        self.strip.say("")
        self.strip.run = dict(run_item(RunState()))
        self.set_trait("status", "idle")
        self._show_results()

    def show(self, result_id: object) -> Result:
        """Show a scene of the list.

        Args:
            result_id: its `id`, a whole number from 1.

        Raises:
            ValueError: if it is not in the list.
        """
        result = self._list.get(result_id)
        self._list.shown = result.id
        self._put_on_screen(result)
        return result

    def health(self) -> Health:
        """Model, device, memory, disk, cache, settings and where each comes from."""
        return look(self.settings, self.model, self._network.source)

    @property
    def metrics(self) -> Totals:
        """What this kernel has done so far: runs, errors, times, queue, memory, GPU."""
        return totals()

    def _press_generate(self) -> None:
        if self._runner.is_busy or self._waits_for_photos:  # a double click
            return
        if self.panel.is_receiving:
            self._waits_for_photos = True
            self._on_run(RunState("queued", detail="Waiting for the photos"))
            return
        try:
            self.generate()
        except (ValueError, RuntimeError) as error:
            self._on_run(self._runner.state)  # the state before the wait for photos
            self.strip.say(explain(error), error=True)

    def _refine_now(self) -> None:
        if not self._runner.is_busy:
            self.refine = True
            self._press_generate()

    def _work(
        self, photos: Sequence[PhotoFile], progress: Callable[[ProgressLike], None], **choices: Any
    ) -> Any:
        """In the worker: load the model on the first run, then reconstruct."""
        self._runner.enter("model")
        if self.model is None:
            self._network.load()
            self._show_model()
        return self._network.reconstruct(photos, progress, **choices)

    def _enlist(self, scene: Scene, photos: Sequence[PhotoFile], metrics: RunMetrics) -> Scene:
        """In the worker, before the run counts as done: list the scene and show it."""
        # Without photos that were left out; a single one may have been paired with itself.
        names = list({photo.sha256 or photo.name: photo.name for photo in scene.photos}.values())
        known = {"stem": stem_of(names), "metrics": metrics}
        self._put_on_screen(self._list.add(scene, title_of(names), **known))
        self.panel.folded = True
        self._outlook.learn(scene, len(photos))
        self._forecast()
        notices = self._outlook.unsaid(scene)
        if notices:
            self.strip.say(" ".join(notices))
        if self._autosave:
            self._later("save", self.keep)
        return scene

    def _on_run(self, state: RunState) -> None:
        if state.status == "queued":
            self._outlook.begin()
            self.strip.say("")
        elif self.message == BUSY and not self._runner.is_busy:
            self.strip.say("")
        self.strip.run = dict(run_item(state, self._outlook.doubt))
        self.set_trait("status", state.status)

    def _on_end(self, run: Future) -> None:
        error = run.exception()
        if error is None:
            return
        if self._runner.state.status == "cancelled":
            self.strip.say(CANCELLED)
            return
        logger.error("a reconstruction failed", exc_info=error)
        self.strip.say(explain(error), error=True)

    def _put_on_screen(self, result: Result) -> None:
        self.viewer.scene = result.scene
        with self._lock:
            self._parts = (self.panel, self.strip, self.viewer)
        self._show_results()

    def _clear_screen(self) -> None:
        with self._lock:
            self._list.shown = None
            self._parts = (self.panel, self.strip)
        self.viewer.scene = None

    def _on_inspected(self) -> None:
        """An edited scene joins the list; an undo shows its origin again."""
        scene = self.viewer.scene
        if self.viewer.show_predicted:  # of the scene of the list
            return
        if scene is not None and self._list.show_edited(scene):
            self._show_results()

    def _forget(self, result_id: object) -> None:
        if self._list.forget(result_id):
            self._clear_screen()
        self._show_results()

    def _later(self, what: str, job: Callable[[], Any]) -> None:
        """Do a button's work in the worker, and show an error in the strip."""

        def guarded() -> None:
            try:
                job()
            except Exception as error:
                logger.warning("could not %s a scene", what, exc_info=error)
                events.tell("error", "failed", error=error, where=what)
                self.strip.say(f"Could not {what} the scene: {explain(error)}", error=True)

        _files.submit(guarded)

    def _on_photos(self) -> None:
        coming = self.panel.is_receiving
        self.strip.can_generate = coming or len(self.panel.photos) > 0
        if self._waits_for_photos and not coming:
            self._waits_for_photos = False
            self._press_generate()

    def _on_other_photos(self) -> None:
        """What was said of a run that failed or was cancelled does not hold for other photos."""
        self.panel.folded = False
        if self.status in ("failed", "cancelled") and not self._runner.is_busy:
            self.strip.run = dict(run_item(RunState()))
            self.strip.say("")
        elif self.message == sentence(NO_PHOTOS):
            self.strip.say("")

    def _forecast(self) -> None:
        self._outlook.forecast(cast("Refine", self.refine))

    def _show_results(self) -> None:
        self._kept.refresh()
        self.strip.verdict = dict(verdict(self.result))
        self.strip.results = [
            ResultItem(
                id=result.id,
                title=result.title,
                detail="" if result.seconds is None else f"{result.seconds:.1f} s",
                count=len(result.scene),
                name=result.name,
                saved="" if result.saved is None else result.saved.name,
                kept="" if result.kept is None else result.kept.name,
                shown=result.id == self._list.shown,
            )
            for result in self._list
        ]

    def _show_model(self) -> None:
        self.strip.model_line = self._network.description
        self.strip.notice = self._network.notice.replace('load_model("official")', self._official)
        self.panel.max_chosen = self._network.max_photos or self.panel.max_images
        self._forecast()
        if self._network.image_size is not None:
            self.panel.image_size = self._network.image_size
