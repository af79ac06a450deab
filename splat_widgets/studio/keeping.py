"""What a studio saves and opens: files of the output folder, and of the browser."""

from __future__ import annotations

import logging
from pathlib import Path

from splat_widgets import events, io, notices
from splat_widgets.files import local_path
from splat_widgets.inspector import Inspector
from splat_widgets.io.folder import saved_files
from splat_widgets.io.lost import told
from splat_widgets.jobs.explain import explain, sentence
from splat_widgets.photos.source import display_name
from splat_widgets.scene.scene import Scene
from splat_widgets.scene.source import LOOKS_PLAIN
from splat_widgets.settings import Settings
from splat_widgets.sizes import format_bytes
from splat_widgets.studio.files import PLY, file_bytes, found_in, read_bytes
from splat_widgets.studio.messages import DownloadWanted, OpenSaved
from splat_widgets.studio.results import Result, ResultList
from splat_widgets.studio.strip import RunStrip
from splat_widgets.upload.receiver import ReceivedFile
from splat_widgets.viewer import SplatViewer

logger = logging.getLogger(__name__)


class Keeping:
    """Saving and opening of scenes.

    A mixin; the class owns a viewer, a strip of messages and buttons, and a list of scenes.
    """

    settings: Settings
    viewer: SplatViewer
    strip: RunStrip
    _list: ResultList
    _saves = True  # whether the page may write to the output folder

    def _put_on_screen(self, result: Result) -> None:
        raise NotImplementedError

    def _show_results(self) -> None:
        raise NotImplementedError

    def save(self, result_id: object = None) -> Path:
        """Save a scene of the list, or the one on the screen, to the output folder, once.

        Args:
            result_id: its `id`, a whole number from 1; None: the one on the screen.

        Returns:
            The file's path.

        Raises:
            ValueError: if there is no such scene.
            OSError: if it cannot be written.
        """
        wanted = self._wanted(result_id)
        before = self._list.get(wanted).saved
        path = self._list.save(wanted)
        return self._told(path, "Already saved as" if path == before else "Saved")

    def keep(self, result_id: object = None) -> Path:
        """Save all of a scene as a `.splatscene`, to go on with it another day.

        Of the scene on the screen, selection and settings of the inspector are kept too.

        Args:
            result_id: its `id`, a whole number from 1; None: the one on the screen.

        Returns:
            The file's path.

        Raises:
            ValueError: if there is no such scene.
            OSError: if it cannot be written.
        """
        result = self._list.get(self._wanted(result_id))
        path = self._list.keep(result.id, self._with_state(result))
        return self._told(path, "Saved", ", with all there is")

    def open_scene(self, path: str | Path) -> Result:
        """Open a saved scene and show it.

        Args:
            path: of the file.

        Raises:
            ValueError: for content that cannot be used.
            OSError: if it cannot be read.
        """
        path = local_path(path)
        kept = {PLY: {"saved": path}, io.SCENE_SUFFIX: {"kept": path}}
        return self._add_opened(io.read(path), path.name, **kept.get(path.suffix.lower(), {}))

    def _wanted(self, result_id: object) -> object:
        """The id of the scene that is meant: the one on the screen, unless one is named."""
        wanted = self._list.shown if result_id is None else result_id
        if wanted is None:
            raise ValueError("there is no scene on the screen; generate or open one first")
        return wanted

    def _with_state(self, result: Result) -> Scene | SplatViewer:
        """What all of a scene is: of the one on the screen, what the inspector knows too."""
        on_screen = isinstance(self.viewer, Inspector) and self.viewer.scene is result.scene
        return self.viewer if on_screen else result.scene

    def _download(self, message: DownloadWanted) -> None:
        try:
            result = self._list.get(message["id"])
            form = io.formats.named(message["format"])
            name = f"{Path(result.name).stem}{form.suffix}"
            content = self._with_state(result) if form.keeps_all else result.scene
            with notices.quiet():  # what is lost is said in the strip
                data = file_bytes(content, result.saved, name)
        except BaseException:
            self.strip.downloads.fail(message["request"])
            raise
        self.strip.downloads.start(message["request"], name, data)
        if line := told(form, result.scene):
            self.strip.say(f"{name}: {line}")

    def _open_saved(self, message: OpenSaved) -> None:
        folder = self.settings.output_dir
        name = message["name"]
        if name not in saved_files(folder):  # the page may ask for any name
            self._list_files()
            raise ValueError(f"there is no scene {name!r} in {folder} any more")
        self.open_scene(folder / name)

    def _open_received(self, file: ReceivedFile) -> None:
        """Open a scene from the browser, or show why it was refused."""
        try:
            scene = read_bytes(file.data, file.name)
        except Exception as error:
            logger.info("a scene from the browser was refused", exc_info=error)
            events.tell("error", "refused", error=error, where="open")
            known = isinstance(error, io.FormatError)
            reason = sentence(error.reason) if known else explain(error)
            reason = reason[:1].lower() + reason[1:]
            self.strip.say(f"{file.name} was not opened: {reason}", error=True)
            self.strip.receiver.fail(file.id, reason)
            return
        self._add_opened(scene, display_name(file.name))
        self.strip.receiver.finish(file.id)

    def _add_opened(self, scene: Scene, title: str, **known: Path) -> Result:
        result = self._list.add(scene, title, **known)
        # What looks plain stands in the viewer, with a button.
        found = () if scene.source is None else scene.source.notices
        self.strip.say(" ".join(line for line in found if not line.startswith(LOOKS_PLAIN)))
        self._put_on_screen(result)
        return result

    def _told(self, path: Path, verb: str, what: str = "") -> Path:
        """A file that was written, in a message and in the lists of the page."""
        size = format_bytes(path.stat().st_size)
        self.strip.say(f"{verb} {path} ({size}){what}{found_in(path)}.")
        self._list_files()
        self._show_results()
        return path

    def _list_files(self) -> None:
        if self._saves:
            self.strip.saved_files = saved_files(self.settings.output_dir)
