"""Photos decide: cameras and depth from matches between the photos, with the network as a prior.

Image coordinates inside this folder are *sides*: lengths divided by the short side of the photo,
from its principal point, x right and y down. Focal lengths are in sides too, so that pictures of
one photo at different resolutions have the same numbers. Poses map points of one camera to
another, `x_second = R @ x_first + t`, in the OpenCV frame.
"""
