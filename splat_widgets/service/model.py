"""The model of a service: loaded once, in the background, and shared by all jobs."""

from __future__ import annotations

import logging
import threading
from typing import Any

from splat_widgets import notices
from splat_widgets.jobs.explain import explain
from splat_widgets.models.predictor import Predictor
from splat_widgets.service.service_settings import ServiceSettings

logger = logging.getLogger(__name__)
_ON_GPU = 8  # photos at once


class ServiceModel:
    """Loads the model of the settings once. Safe to use from several threads."""

    def __init__(self, settings: ServiceSettings, predictor: Predictor | None = None) -> None:
        """`predictor` is a loaded model, if there is one already."""
        self._settings = settings
        self._lock = threading.Lock()
        self.predictor = predictor
        self.error = ""  # why it could not be loaded

    def load(self) -> Predictor:
        """The model; the first call loads it, others wait for that.

        Raises:
            CheckpointError: as `load_model` does.
        """
        from splat_widgets.models.weights import load_model

        with self._lock:
            if self.predictor is None:
                kernel = self._settings.kernel
                with notices.quiet():  # `GET /health` says it
                    source = self._settings.model or kernel.model_path
                    network = load_model(source, device=kernel.device)
                self.predictor = _predictor(network, self._settings)
        return self.predictor

    def begin(self) -> None:
        """Load it in the background."""
        threading.Thread(target=self._try, name="splat-service-model", daemon=True).start()

    def _try(self) -> None:
        try:
            self.load()
        except Exception as error:  # the service answers and says why it is not ready
            logger.exception("the model could not be loaded")
            self.error = explain(error)

    @property
    def halved_batches(self) -> int:
        """Batches of jobs that the device's memory did not hold."""
        gatherer = getattr(self.predictor, "gatherer", None)
        return 0 if gatherer is None else gatherer.halved

    @property
    def state(self) -> str:
        """Whether it is "ready", "loading" or has "failed"."""
        if self.predictor is not None:
            return "ready"
        return "failed" if self.error else "loading"

    def describe(self) -> dict[str, Any] | None:
        """What a client needs to know of the model; None before it is loaded."""
        if self.predictor is None:
            return None
        from splat_widgets.reconstruction import stages

        known = self.predictor
        origin = known.provenance
        return {
            "source": None if origin is None else str(origin.source).rsplit("/", 1)[-1],
            "license": None if origin is None else origin.license,
            "notice": None if origin is None else origin.notice,
            "sha256": None if origin is None else origin.sha256,
            "revision": None if origin is None else origin.revision,
            "image_size": known.image_size,
            "max_photos": known.max_photos,
            "device": str(known.device),
            "dtype": str(known.dtype).removeprefix("torch."),
            "halved_batches": self.halved_batches,
            "stages": [[stage.name, stage.label, stage.share] for stage in stages(known)],
        }


def _predictor(network: Any, settings: ServiceSettings) -> Predictor:
    """The network alone, or for several jobs at once where a GPU would be waited for."""
    from splat_widgets.models.splatt3r import PairPredictor
    from splat_widgets.service.batching import BatchingPredictor

    most = settings.batch or (_ON_GPU if network.device.type == "cuda" else 1)
    if most == 1 or settings.workers == 1:
        return PairPredictor(network)
    return BatchingPredictor(network, most)
