"""The panel that takes photos from the browser to the kernel's memory."""

from splat_widgets.upload.fallback import FileUploadPanel
from splat_widgets.upload.photo import Photo, PhotoProblem
from splat_widgets.upload.widget import UploadPanel

__all__ = ["FileUploadPanel", "Photo", "PhotoProblem", "UploadPanel"]
