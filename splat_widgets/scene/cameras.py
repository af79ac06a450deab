"""A pinhole camera: pose, focal length, projection.

Frames and the image plane are defined in `splat_widgets.conventions`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from splat_widgets.geometry import similarity
from splat_widgets.guesses import Guessed


@dataclass(frozen=True)
class PhotoCrop:
    """The square of an upright, uncropped photo that a camera's picture shows.

    Raises:
        ValueError: for a square without area, or a photo without pixels.
    """

    left_px: float  # of its upper left corner, in pixels of the photo
    top_px: float
    side_px: float
    width: int  # of the whole photo, in pixels
    height: int  # of the whole photo, in pixels

    def __post_init__(self) -> None:
        sides = (self.side_px, self.width, self.height)
        corner = (self.left_px, self.top_px)
        if not (all(0 < side < math.inf for side in sides) and all(map(math.isfinite, corner))):
            raise ValueError(f"expected a square of a photo, got {self}")


@dataclass(frozen=True, eq=False, repr=False)
class Camera(Guessed):
    """A pinhole camera with square pixels.

    Args:
        T_world_camera: (4, 4) tensor, camera to world, OpenCV axes (x right, y down, z forward).
        focal_px: focal length in pixels, the same along x and y.
        principal_point_px: (x, y) in pixels; (W / 2, H / 2) for a centred crop.
        width: of the picture in pixels.
        height: of the picture in pixels.
        crop: which square of a photo the picture is; None: it is no crop, or nobody knows.

    Raises:
        ValueError: for a pose of another shape, a focal length that is not above 0, or sides that
            are not whole numbers above 0.
    """

    T_world_camera: Tensor  # (4, 4) camera to world, OpenCV axes
    focal_px: float  # focal length in pixels, the same along x and y
    principal_point_px: tuple[float, float]  # (x, y) in pixels; (W / 2, H / 2) for a centred crop
    width: int  # pixels
    height: int  # pixels
    crop: PhotoCrop | None = None  # of a photo that the picture is; None: no crop, or not known

    def __post_init__(self) -> None:
        if tuple(self.T_world_camera.shape) != (4, 4):
            shape = tuple(self.T_world_camera.shape)
            raise ValueError(f"expected T_world_camera of shape (4, 4), got {shape}")
        if not 0 < self.focal_px < float("inf"):
            raise ValueError(f"expected a finite focal length above 0 px, got {self.focal_px}")
        if not all(isinstance(side, int) and side > 0 for side in (self.width, self.height)):
            raise ValueError(f"expected whole pixels above 0, got {self.width} x {self.height}")

    @classmethod
    def centred(
        cls, focal_px: float, width: int, height: int, T_world_camera: Tensor | None = None
    ) -> Camera:
        """Camera whose principal point is the centre of the picture.

        Args:
            focal_px: focal length in pixels.
            width: of the picture in pixels.
            height: of the picture in pixels.
            T_world_camera: (4, 4) tensor, camera to world, OpenCV axes; None: at the origin.
        """
        pose = torch.from_numpy(np.eye(4, dtype=np.float32))
        pose = pose if T_world_camera is None else T_world_camera
        return cls(pose, float(focal_px), (width / 2, height / 2), width, height)

    @property
    def T_camera_world(self) -> Tensor:
        """(4, 4) world to camera, the inverse of the pose."""
        R, t = self.T_world_camera[:3, :3], self.T_world_camera[:3, 3]
        inverse = torch.eye(4, dtype=R.dtype, device=R.device)
        inverse[:3, :3] = R.mT
        inverse[:3, 3] = -R.mT @ t
        return inverse

    @property
    def center_world(self) -> Tensor:
        """(3,) position of the camera in the world."""
        return self.T_world_camera[:3, 3]

    def to_camera(self, points_world: Tensor) -> Tensor:
        """World points in camera coordinates.

        Args:
            points_world: (..., 3), in world units.

        Returns:
            (..., 3) x right, y down, z forward, in world units.
        """
        T = self.T_camera_world.to(points_world)
        return points_world @ T[:3, :3].mT + T[:3, 3]

    def project(self, points_world: Tensor) -> tuple[Tensor, Tensor]:
        """Image coordinates and depth of world points.

        Args:
            points_world: (..., 3).

        Returns:
            (..., 2) x, y in pixels, and (...) depth along the optical axis in world units. Points
            at or behind the camera (depth <= 0) have meaningless image coordinates.
        """
        x, y, z = self.to_camera(points_world).unbind(-1)
        cx, cy = self.principal_point_px
        return torch.stack([self.focal_px * x / z + cx, self.focal_px * y / z + cy], -1), z

    def transformed(self, T_target_world: Tensor) -> Camera:
        """The camera in another frame: it sees the moved scene as it saw the scene before.

        Args:
            T_target_world: (4, 4) similarity, applied to columns of world coordinates.
        """
        T = similarity.checked(T_target_world)
        rotation, _, _ = similarity.parts(T)
        own = self.T_world_camera.to(T)
        pose = torch.eye(4, dtype=T.dtype, device=T.device)
        pose[:3, :3] = rotation @ own[:3, :3]
        pose[:3, 3] = T[:3, :3] @ own[:3, 3] + T[:3, 3]
        return replace(self, T_world_camera=pose.to(self.T_world_camera))

    def resized(self, width: int, height: int) -> Camera:
        """The same view on another pixel grid of the same aspect ratio.

        Args:
            width: of the picture in pixels.
            height: of the picture in pixels.

        Raises:
            ValueError: if the aspect ratio differs, since pixels would no longer be square.
        """
        factor = width / self.width
        if abs(height - factor * self.height) > 0.5:
            raise ValueError(
                f"expected the aspect ratio of {self.width}x{self.height}, got {width}x{height}"
            )
        cx, cy = self.principal_point_px
        return replace(
            self,
            focal_px=self.focal_px * factor,
            principal_point_px=(cx * factor, cy * factor),
            width=width,
            height=height,
        )

    def uncropped(self) -> Camera:
        """The same view in pixels of the upright, uncropped photo; without a crop the camera."""
        crop = self.crop
        if crop is None:
            return self
        factor = crop.side_px / self.width
        cx, cy = self.principal_point_px
        return Camera(
            self.T_world_camera,
            self.focal_px * factor,
            (crop.left_px + cx * factor, crop.top_px + cy * factor),
            crop.width,
            crop.height,
        )

    def __repr__(self) -> str:
        x, y, z = self.center_world.tolist()
        return (
            f"Camera({self.width} x {self.height} px, focal length {self.focal_px:.1f} px, at "
            f"({x:.3g}, {y:.3g}, {z:.3g}))"
        )


def checked(camera: object) -> Camera:
    """The camera that was given.

    Raises:
        TypeError: for anything else.
    """
    if not isinstance(camera, Camera):
        raise TypeError(
            f"expected a Camera, got {type(camera).__name__}; `Camera.centred` makes one, and "
            "`scene.cameras` holds those of the photos, `scene.cameras[0]` the first"
        )
    return camera
