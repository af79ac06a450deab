"""Scenes as folders of posed photos, from which other programs train: COLMAP, nerfstudio.

The world is the scene's frame (`Scene.frame`) in its unit of length: nothing is turned or scaled.
COLMAP's poses map the world to the camera, with OpenCV's axes (x right, y down, z forward);
nerfstudio's map the camera to the world, with OpenGL's (x right, y up, z backwards). Both count
pixels from the corner of the first one, as `splat_widgets.conventions` does. Colours are display
(sRGB) values of 8 bits. Pictures are written without loss as PNG, and every camera is that of the
picture beside it: of the upright, uncropped photo at up to 1024 px, or of the crop.
"""

from splat_widgets.io.posed.export import Exported, export_colmap, export_nerfstudio

__all__ = ["Exported", "export_colmap", "export_nerfstudio"]
