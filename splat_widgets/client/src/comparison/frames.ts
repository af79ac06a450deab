// Cameras in the frames of several scenes; `splat_widgets/comparison/frames.py` finds the matrices.
import { Matrix4, Vector3 } from "three";
import type { CameraState } from "../page/state.gen";
import type { Vec3 } from "../page/wire";

/** A similarity from the first scene's frame to another's; 16 numbers, row by row. */
export function frameOf(numbers: readonly number[]): Matrix4 {
  return new Matrix4().fromArray(numbers as number[]).transpose();
}

/** A camera state in another frame; the twin of `moved` in `frames.py`. */
export function moved(state: CameraState, frame: Matrix4): CameraState {
  const point = (values: Vec3) => new Vector3().fromArray(values).applyMatrix4(frame).toArray();
  const up = new Vector3().fromArray(state.up);
  const length = up.length();
  return {
    position: point(state.position),
    target: point(state.target),
    up: up.transformDirection(frame).multiplyScalar(length).toArray(),
    fov_deg: state.fov_deg,
  };
}
