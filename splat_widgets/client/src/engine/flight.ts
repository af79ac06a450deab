// A smooth way from one view to another that anything else may end.
import { Matrix4, Quaternion, Vector3 } from "three";
import type { CameraState } from "../page/state.gen";
import type { Vec3 } from "../page/wire";

const DURATION_MS = 700;

const vector = (values: readonly number[]) => new Vector3().fromArray([...values]);

/** The view at a part of the way, 0 to 1; at the ends exactly the given ones. */
export function between(a: CameraState, b: CameraState, part: number): CameraState {
  if (part <= 0) return a;
  if (part >= 1) return b;
  const turned = orientation(a).slerp(orientation(b), part);
  const position = vector(a.position).lerp(vector(b.position), part);
  const mix = (x: number, y: number) => x + (y - x) * part;
  const arm = Math.exp(mix(Math.log(distance(a)), Math.log(distance(b))));
  const ahead = new Vector3(0, 0, -arm).applyQuaternion(turned);
  const tangent = (state: CameraState) => Math.tan((state.fov_deg * Math.PI) / 360);
  return {
    position: position.toArray() as Vec3,
    target: ahead.add(position).toArray() as Vec3,
    up: new Vector3(0, 1, 0).applyQuaternion(turned).toArray() as Vec3,
    fov_deg: (Math.atan(mix(tangent(a), tangent(b))) * 360) / Math.PI,
  };
}

function distance({ position, target }: CameraState): number {
  return vector(position).distanceTo(vector(target));
}

// Of three's camera axes in the world: x right, y up, z backwards.
function orientation({ position, target, up }: CameraState): Quaternion {
  const axes = new Matrix4().lookAt(vector(position), vector(target), vector(up));
  return new Quaternion().setFromRotationMatrix(axes);
}

/** Slow at both ends. */
const eased = (part: number) => part * part * (3 - 2 * part);

/** One flight at a time. */
export class Flight {
  private scheduled = 0;

  constructor(private readonly show: (state: CameraState) => void) {}

  get isFlying(): boolean {
    return this.scheduled !== 0;
  }

  /** Goes there; at once for those who want no motion. */
  go(from: CameraState, to: CameraState): void {
    this.stop();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.show(to);
      return;
    }
    const start = performance.now();
    const step = () => {
      const part = Math.min(1, (performance.now() - start) / DURATION_MS);
      this.scheduled = part < 1 ? requestAnimationFrame(step) : 0;
      this.show(between(from, to, eased(part)));
    };
    this.scheduled = requestAnimationFrame(step);
  }

  /** Stays where the view is. */
  stop(): void {
    cancelAnimationFrame(this.scheduled);
    this.scheduled = 0;
  }
}
