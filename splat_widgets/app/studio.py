"""The Studio of the app: nothing is written on the server, and its sentences know no notebook."""

from __future__ import annotations

from typing import Any

from splat_widgets.page.bundle import BundledWidget
from splat_widgets.service.connect import ServiceModel
from splat_widgets.studio import Studio


class AppStudio(Studio):
    """A Studio whose scenes go to the browser's downloads only."""

    _saves = False

    @property
    def _official(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        program = "serve" if isinstance(self.model, ServiceModel) else "app"
        return f"splat-widgets {program} --model official"

    def _show_model(self) -> None:
        """The model by its name alone: where and on what it runs is not for visitors."""
        super()._show_model()
        self.strip.model_line = self.strip.model_line.partition(",")[0]

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widget alone: no saved notebook needs a picture of it."""
        return BundledWidget._repr_mimebundle_(self, **options)
