"""The studio's model: a source until the first run, then a loaded network."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from splat_widgets.health import describe_model
from splat_widgets.jobs.runner import ProgressLike
from splat_widgets.models.predictor import Predictor, Stage
from splat_widgets.models.splatt3r import PairPredictor
from splat_widgets.photos.photo import Crop
from splat_widgets.reconstruction import stages
from splat_widgets.reconstruction.choices import Refine
from splat_widgets.settings import Settings
from splat_widgets.upload import PhotoFile

EMBEDDED = "embedded"
LOADING = Stage("model", "Model", 0.0)  # before the stages that `reconstruct` reports


class StudioModel:
    """Loads the model with the first run and reconstructs scenes with it."""

    def __init__(self, model: Any, settings: Settings) -> None:
        """`model` is a loaded network, or a source as in `load_model`, or None for the setting."""
        is_source = model is None or isinstance(model, str | Path)
        self.source = model if model is not None else settings.model_path
        self.loaded = None if is_source else model
        self._settings = settings

    def load(self) -> None:
        """Load the model from its source."""
        from splat_widgets.models.weights import EmbeddedModelNotice, load_model

        with warnings.catch_warnings():  # the strip shows the notice
            warnings.simplefilter("ignore", EmbeddedModelNotice)
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

        with warnings.catch_warnings():  # the strip shows it as a notice
            warnings.filterwarnings("ignore", message="image_size is", category=UserWarning)
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
        """Whether it is the small model that comes with the package; None if it is not chosen."""
        if self.loaded is None:
            return None if self.source is None else self.source == EMBEDDED
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
        known = self.loaded if isinstance(self.loaded, Predictor) else PairPredictor
        return known.max_photos

    @property
    def image_size(self) -> int | None:
        """Side of the square that the network will see, px; None while that is not known."""
        trained = getattr(self.loaded, "image_size", None)
        return None if trained is None else self._settings.image_size or trained

    @property
    def notice(self) -> str:
        """What the user should know about the model."""
        if self.loaded is None and self.source == EMBEDDED:
            from splat_widgets.models.weights.load import embedded_notice

            return embedded_notice() or ""
        own = getattr(getattr(self.loaded, "provenance", None), "notice", None)
        trained = getattr(self.loaded, "image_size", None)
        size = None if trained is None else self._settings.image_size_notice(trained)
        return " ".join(filter(None, [own, size]))
