"""The panel that takes photos from the browser to the kernel's memory."""

from splat_widgets.upload.fallback import FileUploadPanel
from splat_widgets.upload.photo import PhotoFile, PhotoProblem
from splat_widgets.upload.widget import UploadPanel

__all__ = ["FileUploadPanel", "PhotoFile", "PhotoProblem", "UploadPanel"]
