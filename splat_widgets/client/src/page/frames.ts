// Cameras in the data's own frame: OpenCV axes (x right, y down, z forward) in the first camera's
// frame. The splats are never turned: three's camera is put into this frame with its up vector.
import { Matrix4, type PerspectiveCamera, Vector3 } from "three";
import type { CameraState } from "./state.gen";
import type { PinholeCamera, Vec3 } from "./wire";

export const DEFAULT_CAMERA: CameraState = {
  position: [0, 0, 0],
  target: [0, 0, 1],
  up: [0, -1, 0],
  fov_deg: 50,
};

/** Field of view along y when `fovDeg` spans the shorter side of a picture of this aspect. */
export function verticalFovDeg(fovDeg: number, aspect: number): number {
  if (aspect >= 1) return fovDeg;
  return (2 * Math.atan(Math.tan((fovDeg * Math.PI) / 360) / aspect) * 180) / Math.PI;
}

/** Puts three's camera where a state says, for a picture of this aspect (width / height). */
export function applyState(camera: PerspectiveCamera, state: CameraState, aspect: number): void {
  camera.up.fromArray(state.up);
  camera.position.fromArray(state.position);
  camera.lookAt(new Vector3().fromArray(state.target));
  camera.fov = verticalFovDeg(state.fov_deg, aspect);
  camera.aspect = aspect;
  camera.updateProjectionMatrix();
  camera.updateMatrixWorld();
}

/** Gives three's camera exactly the pose and intrinsics of a pinhole camera. */
export function applyPinhole(camera: PerspectiveCamera, pinhole: PinholeCamera): void {
  const { focal_px: f, width: w, height: h, near, far } = { ...pinhole, near: 0.01, far: 1e4 };
  const [cx, cy] = pinhole.principal_point_px;
  const pose = new Matrix4().fromArray(pinhole.T_world_camera).transpose();
  const halfTurn = new Matrix4().makeScale(1, -1, -1); // OpenCV camera axes to three's
  pose.multiply(halfTurn).decompose(camera.position, camera.quaternion, camera.scale);
  camera.updateMatrixWorld();
  camera.projectionMatrix.makePerspective(
    (-cx * near) / f,
    ((w - cx) * near) / f,
    (cy * near) / f,
    ((cy - h) * near) / f,
    near,
    far,
  );
  camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
}

/**
 * The view of a pinhole camera as a state that orbits around a point at this depth: it looks at the middle
 * of the camera's picture; the twin of `camera_state` in `splat_widgets/scene/framing.py`.
 */
export function stateOf(pinhole: PinholeCamera, depth: number): CameraState {
  const { T_world_camera: T, width, height, focal_px } = pinhole;
  const [cx, cy] = pinhole.principal_point_px;
  const position: Vec3 = [T[3], T[7], T[11]];
  const middle = [width / 2 - cx, height / 2 - cy, focal_px];
  const distancePx = Math.hypot(...middle);
  const ahead = [0, 1, 2].map(
    (i) =>
      (T[4 * i] * middle[0] + T[4 * i + 1] * middle[1] + T[4 * i + 2] * middle[2]) / distancePx,
  );
  return {
    position,
    target: position.map((value, i) => value + depth * ahead[i]) as Vec3,
    up: [-T[1], -T[5], -T[9]],
    fov_deg: (2 * Math.atan(Math.min(width, height) / 2 / distancePx) * 180) / Math.PI,
  };
}

/** Whether two states agree; by default to within rounding, so that they show the same picture. */
export function sameState(a: CameraState, b: CameraState, tolerance = 1e-6): boolean {
  const flat = (s: CameraState) => [...s.position, ...s.target, ...s.up, s.fov_deg];
  const [x, y] = [flat(a), flat(b)];
  return x.every((value, i) => Math.abs(value - y[i]) <= tolerance * (1 + Math.abs(value)));
}
