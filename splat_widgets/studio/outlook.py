"""What the studio says of runs: before one what it will take, after it what the photos say."""

from __future__ import annotations

from splat_widgets.reconstruction.choices import Refine
from splat_widgets.scene.scene import Scene
from splat_widgets.studio.estimate import PastRun, first
from splat_widgets.studio.model import StudioModel
from splat_widgets.studio.refining import choice_of, decides, line
from splat_widgets.studio.strip import RunStrip
from splat_widgets.upload import UploadPanel


class Outlook:
    """Writes to the strip and to the photos' cards."""

    def __init__(self, panel: UploadPanel, strip: RunStrip, network: StudioModel) -> None:
        self._panel, self._strip, self._network = panel, strip, network
        self._past: PastRun | None = None
        self.doubt = False  # the last run's photos do not determine its scene

    def forecast(self, refine: Refine) -> None:
        """Say what the next run will do and take."""
        count, embedded = len(self._panel.selected_photos), self._network.is_embedded
        self._strip.refine = choice_of(refine)
        self._strip.refine_line = line(refine, count, embedded)
        refines = bool(decides(refine, count, embedded))
        estimate = None
        if count and self._past is not None:
            estimate = self._past.scaled(count, refines)
        elif count and embedded is not None and (device := self._network.device) is not None:
            estimate = first(count, refines, embedded=embedded, device=device)
        self._strip.estimate = "" if estimate is None else str(estimate)

    def begin(self) -> None:
        """A run begins: nothing is known of its photos."""
        self.doubt = False
        self._panel.show_verdict(None)

    def learn(self, scene: Scene, num_photos: int) -> None:
        """A run has ended: what its scene says of its photos, and what it took."""
        found = scene.refinement
        self._panel.show_verdict(found, [photo.sha256 for photo in scene.photos])
        self._past = PastRun(scene.timings, num_photos, found is not None and found.applied)
        self.doubt = found is not None and not found.answered

    def unsaid(self, scene: Scene) -> list[str]:
        """Notices of a scene that neither the model's notice nor the verdict says."""
        said = " ".join([*self._network.notices, str(self._strip.verdict["text"])])
        found = scene.refinement
        return [
            text
            for text in scene.notices
            if text not in said and not (found and found.sentence in text)
        ]
