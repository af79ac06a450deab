"""`Studio`: upload, generate, view and save in one panel."""

from __future__ import annotations

import logging
import tempfile
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import ipywidgets
from traitlets import Unicode

from splat_widgets import io
from splat_widgets.health import Health, describe_model
from splat_widgets.health import health as look
from splat_widgets.inspector import Inspector
from splat_widgets.jobs.explain import explain, sentence
from splat_widgets.jobs.metrics import Metrics
from splat_widgets.jobs.runner import ProgressLike, Run, Runner, RunState
from splat_widgets.jobs.worker import Worker
from splat_widgets.photos.opening import display_name
from splat_widgets.settings import Settings, format_bytes
from splat_widgets.studio.records import ResultItem, run_item
from splat_widgets.studio.results import Result, ResultList, saved_files
from splat_widgets.studio.strip import RunStrip
from splat_widgets.upload import PhotoFile, UploadPanel
from splat_widgets.upload.receiver import ReceivedFile
from splat_widgets.upload.shelf import AddedPhoto
from splat_widgets.viewer import SplatViewer

logger = logging.getLogger(__name__)

NO_PHOTOS = "there are no photos: drop two on the panel, or call studio.panel.add(...)"
CANCELLED = "Cancelled. The photos and the last scene are as they were."
EMBEDDED = "embedded"
_files = Worker("splat-files")  # saving, opening, showing: short, but too long for a callback


class Studio(ipywidgets.VBox):
    """The whole path in one panel: photos -> Generate -> viewer -> Save.

    `studio.panel`, `studio.viewer` are its parts, `studio.result` the scene on the screen,
    `studio.results` the last ones. `studio.generate()` does what the button does. The viewer is an
    `Inspector` whose panel waits for its button; what is edited there joins the list as a scene of
    its own.
    """

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
            model: a loaded model, or a source as in `load_model` ("official", "embedded", a path);
                None: the setting `model_path`, else what `load_model()` chooses.
            viewer: to show scenes in; a new `Inspector` if not given.
            settings: `device`, `model_path`, `output_dir`, `max_images`, `image_size`,
                `max_file_size`; see `splat_widgets.settings`. And `layout`.

        Raises:
            TypeError: for an unknown argument.
            ValueError: for a value that is not allowed.
        """
        layout = settings.pop("layout", {"width": "100%", "grid_gap": "8px"})
        self.settings = Settings.resolve(**settings)
        is_source = model is None or isinstance(model, str | Path)
        self._source = model if model is not None else self.settings.model_path
        self.model = None if is_source else model  # the loaded model, once there is one
        self._is_eager = False  # Generate was pressed while photos were coming in
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
                "reset": lambda _: self.reset(),
                "show": lambda m: self._later("show", lambda: self.show(m.get("id"))),
                "save": lambda m: self._later("save", lambda: self.save(m.get("id"))),
                "forget": lambda m: self._later("remove", lambda: self._forget(m.get("id"))),
                "download": lambda m: self._later("download", lambda: self._download(m)),
                "open_saved": lambda m: self._later("open", lambda: self._open_saved(m)),
            },
            self._on_scene_file,
            output_dir=str(self.settings.output_dir),
            run=dict(run_item(RunState())),
        )
        super().__init__(children=(self.panel, self.strip), layout=layout)
        self.panel.observe(lambda _: self._on_photos(), names=["photos", "uploading"])
        if isinstance(self.viewer, Inspector):
            self.viewer.observe(lambda _: self._on_inspected(), names=["scene_info"])
        self._show_model()
        self._on_photos()
        self._list_files()

    @property
    def result(self) -> Any:
        """The scene on the screen: a `Reconstruction`, or `Gaussians` from a file; else None."""
        shown = self._list.shown
        return None if shown is None else self._list.get(shown).scene

    @property
    def results(self) -> tuple[Result, ...]:
        """The last scenes, newest first."""
        return tuple(self._list)

    @property
    def message(self) -> str:
        """What the panel says last, for example why a run failed."""
        return str(self.strip.message.get("text", ""))

    def generate(self) -> Run:
        """Start a run on `panel.selected_pair`, as the button does.

        Returns:
            A future of the scene: `await` it in a notebook, or `.result()` in a script.

        Raises:
            ValueError: if there are no photos.
            RuntimeError: if a run is going on.
        """
        photos = self.panel.selected_pair
        if not photos:
            raise ValueError(NO_PHOTOS)
        self._is_eager = False
        run = self._runner.start(
            lambda progress: self._work(photos, progress),
            lambda scene, metrics: self._keep(scene, photos, metrics),
        )
        run.add_done_callback(self._on_end)
        return run

    def cancel(self) -> bool:
        """Stop the run at its next step, within a second; False if there is none."""
        if self._is_eager:  # it waits for photos, and has not begun
            self._is_eager = False
            self._on_run(RunState("cancelled"))
            self.strip.say(CANCELLED)
            return True
        return self._runner.cancel()

    def reset(self) -> None:
        """Remove the photos and empty the viewer; the list of results stays."""
        if self._runner.is_busy:
            self.strip.say("A run is going on: cancel it first.", error=True)
            return
        self._is_eager = False
        self.panel.reset()
        with self._lock:
            self._list.shown = None
            self.children = (self.panel, self.strip)
        self.viewer.scene = None
        self.strip.say("")
        self.strip.run = dict(run_item(RunState()))
        self.set_trait("status", "idle")
        self._show_results()

    def show(self, result_id: object) -> Result:
        """Show a scene of the list."""
        result = self._list.get(result_id)
        self._list.shown = result.id
        self._put_on_screen(result.scene)
        self._show_results()
        return result

    def save(self, result_id: object = None) -> Path:
        """Save a scene of the list, or the one on the screen, to the output folder, once.

        Returns:
            The file's path.

        Raises:
            ValueError: if there is no such scene.
            OSError: if it cannot be written.
        """
        wanted = self._list.shown if result_id is None else result_id
        if wanted is None:
            raise ValueError("there is no scene on the screen; generate or open one first")
        before = self._list.get(wanted).saved
        path = self._list.save(wanted)
        verb = "Already saved as" if path == before else "Saved"
        self.strip.say(f"{verb} {path} ({format_bytes(path.stat().st_size)}).")
        self._list_files()
        self._show_results()
        return path

    def open_scene(self, path: str | Path) -> Result:
        """Open a saved `.ply` and show it."""
        path = Path(path)
        return self._opened(io.read(path), path.name, saved=path)

    def health(self) -> Health:
        """Model, device, memory, disk, cache, settings and where each comes from."""
        return look(self.settings, self.model, self._source)

    def _press_generate(self) -> None:
        if self._runner.is_busy or self._is_eager:  # the second half of a double click
            return
        if self.panel.is_receiving:
            self._is_eager = True
            self._on_run(RunState("queued", detail="Waiting for the photos"))
            return
        try:
            self.generate()
        except (ValueError, RuntimeError) as error:
            self._on_run(self._runner.state)  # nothing waits any more
            self.strip.say(sentence(str(error)), error=True)

    def _work(self, photos: Sequence[PhotoFile], progress: Callable[[ProgressLike], None]) -> Any:
        """In the worker: load the model on the first run, then reconstruct."""
        from splat_widgets.reconstruction import reconstruct

        self._runner.enter("model")
        if self.model is None:
            self.model = _load_model(self._source, self.settings.device)
            self._show_model()
        with warnings.catch_warnings():  # the panel shows it as a notice
            warnings.filterwarnings("ignore", message="image_size is", category=UserWarning)
            return reconstruct(
                photos,
                model=self.model,
                image_size=self.settings.image_size,
                max_file_size=self.settings.max_file_size,
                progress=progress,
            )

    def _keep(self, scene: Any, photos: Sequence[PhotoFile], metrics: Metrics) -> Any:
        """In the worker, before the run counts as done: list the scene and show it."""
        result = self._list.add(
            scene,
            " + ".join(photo.name for photo in photos),
            metrics=metrics,
        )
        self._put_on_screen(result.scene)
        self._show_results()
        known = self.strip.notice
        notices = [text for text in getattr(scene, "notices", ()) if text not in known]
        if notices:
            self.strip.say(" ".join(notices))
        return scene

    def _on_run(self, state: RunState) -> None:
        self.strip.run = dict(run_item(state))
        if state.status == "queued":
            self.strip.say("")
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

    def _put_on_screen(self, scene: Any) -> None:
        self.viewer.scene = scene
        with self._lock:
            if self.viewer not in self.children:
                self.children = (self.panel, self.strip, self.viewer)

    def _on_inspected(self) -> None:
        """What an edit leaves is a scene of its own; an undo brings the first one back."""
        record = self.viewer.record if isinstance(self.viewer, Inspector) else None
        if record is not None and self._list.show_edited(record):
            self._show_results()

    def _opened(self, gaussians: Any, title: str, saved: Path | None) -> Result:
        result = self._list.add(gaussians, title, saved=saved)
        self.strip.say("")
        self._put_on_screen(result.scene)
        self._show_results()
        return result

    def _forget(self, result_id: object) -> None:
        was_shown = self._list.forget(result_id)
        if was_shown:
            with self._lock:
                self.children = (self.panel, self.strip)
            self.viewer.scene = None
        self._show_results()

    def _download(self, message: dict[str, Any]) -> None:
        result = self._list.get(message.get("id"))
        if result.saved is not None and result.saved.exists():
            data = result.saved.read_bytes()
        else:
            with tempfile.TemporaryDirectory() as folder:
                path = io.write(Path(folder) / "scene.ply", result.scene)
                data = path.read_bytes()
        self.strip.download(str(message.get("request"))[:64], result.name, data)

    def _open_saved(self, message: dict[str, Any]) -> None:
        folder = self.settings.output_dir
        name = message.get("name")
        if name not in saved_files(folder):  # names come from the page: only what we listed
            self._list_files()
            raise ValueError(f"there is no scene {name!r} in {folder} any more")
        self.open_scene(folder / str(name))

    def _on_scene_file(self, file: ReceivedFile) -> None:
        _files.submit(lambda: self._read_scene_file(file))

    def _read_scene_file(self, file: ReceivedFile) -> None:
        """A `.ply` from the browser; the reader wants a file, which lives for the reading only."""
        try:
            if not file.data.startswith(b"ply"):
                raise ValueError("it is not a .ply file")
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "opened.ply"
                path.write_bytes(file.data)
                gaussians = io.read(path)
        except Exception as error:
            logger.info("a scene from the browser was refused", exc_info=error)
            reason = sentence(error.reason) if isinstance(error, io.PlyError) else explain(error)
            reason = reason[:1].lower() + reason[1:]
            self.strip.say(f"{file.name} was not opened: {reason}", error=True)
            self.strip.receiver.fail(file.id, reason)
            return
        self._opened(gaussians, display_name(file.name), saved=None)
        self.strip.receiver.finish(file.id)

    def _later(self, what: str, job: Callable[[], Any]) -> None:
        """Do a button's work outside the callback, and show what goes wrong."""

        def guarded() -> None:
            try:
                job()
            except Exception as error:
                logger.warning("could not %s a scene", what, exc_info=error)
                self.strip.say(f"Could not {what} the scene: {explain(error)}", error=True)

        _files.submit(guarded)

    def _on_photos(self) -> None:
        coming = self.panel.is_receiving
        self.strip.can_generate = coming or len(self.panel.photos) > 0
        if self._is_eager and not coming:
            self._is_eager = False
            self._press_generate()

    def _show_results(self) -> None:
        self.strip.results = [
            ResultItem(
                id=result.id,
                title=result.title,
                detail="" if result.seconds is None else f"{result.seconds:.1f} s",
                count=len(result.gaussians),
                name=result.name,
                saved="" if result.saved is None else result.saved.name,
                shown=result.id == self._list.shown,
            )
            for result in self._list
        ]

    def _list_files(self) -> None:
        self.strip.saved_files = saved_files(self.settings.output_dir)

    def _show_model(self) -> None:
        notice = ""
        if self.model is not None:
            self.strip.model_line = describe_model(self.model)
            notice = getattr(getattr(self.model, "provenance", None), "notice", None) or ""
            config = getattr(self.model, "config", None)
            if config is not None:
                size_notice = self.settings.image_size_notice(config.image_size)
                notice = " ".join(filter(None, [notice, size_notice]))
                self.panel.image_size = self.settings.image_size or config.image_size
        elif self._source == EMBEDDED:
            from splat_widgets.models.weights.load import embedded_notice

            notice = embedded_notice()
        self.strip.notice = notice


def _load_model(source: Any, device: str | None) -> Any:
    from splat_widgets.models.weights import EmbeddedModelNotice, load_model

    with warnings.catch_warnings():  # the panel shows the notice
        warnings.simplefilter("ignore", EmbeddedModelNotice)
        return load_model(source, device=device)
