"""Why a scene file cannot be read or written."""

from splat_widgets.io.errors import FormatError


class SceneFileError(FormatError):
    """A `.splatscene` that cannot be read, or a scene that it cannot hold: expected, got."""
