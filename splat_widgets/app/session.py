"""What a visitor's Python shows: a Studio, or the sentence that says why there is none."""

from __future__ import annotations

import html
import logging
from typing import Any

from IPython.display import HTML

from splat_widgets.app.studio import AppStudio
from splat_widgets.jobs.explain import explain
from splat_widgets.service.connect import connect

logger = logging.getLogger(__name__)


def session(
    *, model: str | None = None, device: str | None = None, service: str | None = None
) -> Any:
    """The Studio of one visitor, to be shown.

    Args:
        model: a source as in `load_model`.
        device: "cuda", "mps" or "cpu".
        service: address of a service that makes the scenes instead of a model here.
    """
    try:
        return AppStudio(model=model if service is None else connect(service), device=device)
    except Exception as error:
        logger.exception("the app has no studio")
        return HTML(f'<p class="swa-problem" role="alert">{html.escape(explain(error))}</p>')
