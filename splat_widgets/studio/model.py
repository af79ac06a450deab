"""The studio's model: a source until the first run, then a loaded network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from splat_widgets import notices
from splat_widgets.health import describe_model
from splat_widgets.jobs.runner import ProgressLike
from splat_widgets.models.predictor import Predictor, Stage
from splat_widgets.models.splatt3r import PairPredictor
from splat_widgets.photos.photo import Crop
from splat_widgets.reconstruction import stages
from splat_widgets.reconstruction.choices import Refine
from splat_widgets.reconstruction.elsewhere import Elsewhere
from splat_widgets.settings import Settings
from splat_widgets.upload import PhotoFile

EMBEDDED = "embedded"  # as provenance names it
LOADING = Stage("model", "Model", 0.0)  # before the stages that `reconstruct` reports


class StudioModel:
    """Loads the model with the first run and reconstructs scenes with it."""

    def __init__(self, model: Any, settings: Settings) -> None:
        """`model` is a loaded network or a service, a source as in `load_model`, or None."""
        is_source = model is None or isinstance(model, str | Path)
        self.source = model if model is not None else settings.model_path
        self.loaded = None if is_source else model
        self._settings = settings

    def load(self) -> None:
        """Load the model from its source."""
        from splat_widgets.models.weights import load_model

        with notices.quiet():  # the strip shows it
            self.loaded = load_model(self.source, device=self._settings.device)

    def reconstruct(
        self,
        photos: Sequence[PhotoFile],
        progress: Callable[[ProgressLike], None],
        *,
        refine: Refine,
        crops: Sequence[Crop | None],
    ) -> Any:
        """A scene from photos, with the settings' size of crop and limit of files."""
        from splat_widgets.reconstruction import reconstruct

        return reconstruct(
            photos,
            refine=refine,
            crops=crops,
            model=self.loaded,
            image_size=self._settings.image_size,
            max_file_size=self._settings.max_file_size,
            progress=progress,
        )

    @property
    def is_embedded(self) -> bool | None:
        """Whether it is the small model that comes with the package; None if that is not known."""
        if self.loaded is None:
            from splat_widgets.models.weights.source import is_embedded

            try:
                return is_embedded(self.source, self._settings.device)
            except ValueError:  # no such device: the run says it
                return None
        return getattr(getattr(self.loaded, "provenance", None), "source", None) == EMBEDDED

    @property
    def device(self) -> str | None:
        """Type of the device that the model runs on, or would run on; None if there is no such."""
        from splat_widgets.models.weights.fill import pick_device

        known = getattr(self.loaded, "device", None)
        try:
            return (pick_device(self._settings.device) if known is None else known).type
        except ValueError:  # the run says it
            return None

    @property
    def description(self) -> str:
        """One line on the loaded model; empty before it is loaded."""
        return "" if self.loaded is None else describe_model(self.loaded)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of a run, in order."""
        return (LOADING, *stages(self.loaded))

    @property
    def max_photos(self) -> int | None:
        """Most photos of a scene; None if any number will do."""
        if isinstance(self.loaded, Predictor | Elsewhere):
            return self.loaded.max_photos
        return PairPredictor.max_photos

    @property
    def image_size(self) -> int | None:
        """Side of the square that the network will see, px; None while that is not known."""
        trained = getattr(self.loaded, "image_size", None)
        return None if trained is None else self._settings.image_size or trained

    @property
    def notices(self) -> tuple[str, ...]:
        """What is known of the model before a run, in the words that its scenes carry."""
        own = getattr(getattr(self.loaded, "provenance", None), "notice", None)
        if self.loaded is None and self.is_embedded:
            from splat_widgets.models.weights.load import embedded_notice

            own = embedded_notice()
        trained = getattr(self.loaded, "image_size", None)
        size = None if trained is None else self._settings.image_size_notice(trained)
        return tuple(filter(None, [own, size]))

    @property
    def notice(self) -> str:
        """What the user should know about the model."""
        return " ".join(self.notices)
