// The shader's projection of splats on the CPU, for picking and visibility.

import {
  FIELD_OF_VIEW_MARGIN,
  LOW_PASS_PX2,
  MAX_ALPHA,
  MIN_ALPHA,
  NEAR_PLANE,
} from "../page/state.gen";
import type { Override } from "./look";
import type { Display } from "./shaders";

/** The splats' values as they are drawn from; four floats a splat. */
export type SplatValues = {
  count: number;
  centres: Float32Array; // x, y, z as drawn, and the predicted opacity
  scales: Float32Array; // standard deviations along the local axes
  quaternions: Float32Array; // xyzw
};

/** A camera over a picture of width x height pixels. */
export type Viewpoint = {
  view: ArrayLike<number>; // world to camera, column by column, three's axes
  projection: ArrayLike<number>; // column by column
  width: number;
  height: number;
};

export type Appearance = {
  display: Display;
  splatScale: number;
  opacityScale: number;
  overrides: readonly Override[];
  pointRadius: number; // px
};

const FIELD = 1 + FIELD_OF_VIEW_MARGIN;
const REACH = Math.sqrt(-2 * Math.log(MIN_ALPHA)); // standard deviations of an opaque splat

/** Projects splats one by one; the last one's footprint stays in the fields. */
export class Projector {
  x = 0; // px from the left
  y = 0; // px from the top
  z = 0; // depth along the optical axis
  opacity = 0;
  private a = 0; // covariance in the picture, y down
  private b = 0;
  private d = 0;
  private readonly opaque: boolean;
  private readonly isotropic: boolean;

  constructor(
    private readonly splats: SplatValues,
    private readonly from: Viewpoint,
    private readonly look: Appearance,
  ) {
    this.opaque = look.overrides.includes("opaque");
    this.isotropic = look.overrides.includes("isotropic");
  }

  /** Centre and depth of splat i; false if it lies before the near plane. */
  centre(i: number): boolean {
    const { centres } = this.splats;
    const { view: v, projection: p, width, height } = this.from;
    const [X, Y, Z] = [centres[4 * i], centres[4 * i + 1], centres[4 * i + 2]];
    const x = v[0] * X + v[4] * Y + v[8] * Z + v[12];
    const y = v[1] * X + v[5] * Y + v[9] * Z + v[13];
    const z = v[2] * X + v[6] * Y + v[10] * Z + v[14];
    this.z = -z;
    if (!(this.z > NEAR_PLANE)) return false;
    this.x = 0.5 * width * (1 + (p[0] * x + p[8] * z) / this.z);
    this.y = 0.5 * height * (1 - (p[5] * y + p[9] * z) / this.z);
    return true;
  }

  /** Opacity as drawn. */
  opacityOf(i: number): number {
    const own = this.opaque ? 1 : this.splats.centres[4 * i + 3];
    return Math.min(1, own * this.look.opacityScale);
  }

  /** Farthest distance, px, at which splat i (after `centre`) could be seen at all; cheap. */
  reach(i: number): number {
    if (this.look.display === "points") return this.look.pointRadius;
    const { scales } = this.splats;
    const { projection: p, width, height } = this.from;
    const size =
      this.look.splatScale * Math.max(scales[4 * i], scales[4 * i + 1], scales[4 * i + 2]);
    const focal = 0.5 * Math.max(width * p[0], height * p[5]);
    const slope = Math.hypot((FIELD + Math.abs(p[8])) / p[0], (FIELD + Math.abs(p[9])) / p[5]);
    const sigma2 = ((focal / this.z) * size) ** 2 * (1 + slope * slope) + LOW_PASS_PX2;
    return REACH * Math.sqrt(sigma2);
  }

  /** Footprint of splat i, after `centre`; false if it is too faint to be drawn. */
  footprint(i: number): boolean {
    this.opacity = this.opacityOf(i);
    if (this.opacity < MIN_ALPHA) return false;
    if (this.look.display === "points") {
      this.a = this.d = this.look.pointRadius ** 2;
      this.b = 0;
      return true;
    }
    const { centres, scales, quaternions } = this.splats;
    const { view: v, projection: p, width, height } = this.from;
    const [X, Y, Z] = [centres[4 * i], centres[4 * i + 1], centres[4 * i + 2]];
    const slope = (k: 0 | 1) => {
      const along = (v[k] * X + v[4 + k] * Y + v[8 + k] * Z + v[12 + k]) / this.z;
      const [scale, offset] = [p[5 * k], p[8 + k]]; // the picture's edges are at (±1 + offset) / scale
      return Math.max((offset - FIELD) / scale, Math.min((offset + FIELD) / scale, along));
    };
    const [slopeX, slopeY] = [slope(0), slope(1)];
    const [qx, qy, qz, qw] = [
      quaternions[4 * i],
      quaternions[4 * i + 1],
      quaternions[4 * i + 2],
      quaternions[4 * i + 3],
    ];
    const axes = [
      [1 - 2 * (qy * qy + qz * qz), 2 * (qx * qy + qw * qz), 2 * (qx * qz - qw * qy)],
      [2 * (qx * qy - qw * qz), 1 - 2 * (qx * qx + qz * qz), 2 * (qy * qz + qw * qx)],
      [2 * (qx * qz + qw * qy), 2 * (qy * qz - qw * qx), 1 - 2 * (qx * qx + qy * qy)],
    ];
    const fx = (0.5 * width * p[0]) / this.z;
    const fy = (0.5 * height * p[5]) / this.z;
    const mean = Math.cbrt(scales[4 * i] * scales[4 * i + 1] * scales[4 * i + 2]);
    let a = LOW_PASS_PX2;
    let b = 0;
    let d = LOW_PASS_PX2;
    for (let k = 0; k < 3; k++) {
      const size = this.look.splatScale * (this.isotropic ? mean : scales[4 * i + k]);
      const [x, y, z] = axes[k];
      const cx = size * (v[0] * x + v[4] * y + v[8] * z);
      const cy = size * (v[1] * x + v[5] * y + v[9] * z);
      const cz = size * (v[2] * x + v[6] * y + v[10] * z);
      const rowX = fx * (cx + slopeX * cz);
      const rowY = -fy * (cy + slopeY * cz); // down
      a += rowX * rowX;
      b += rowX * rowY;
      d += rowY * rowY;
    }
    this.a = a;
    this.b = b;
    this.d = d;
    return true;
  }

  /** Half width and half height, px, of the box in which the splat is drawn; after `footprint`. */
  get box(): [number, number] {
    const reach2 = this.look.display === "splats" ? 2 * Math.log(this.opacity / MIN_ALPHA) : 1;
    return [Math.sqrt(reach2 * this.a), Math.sqrt(reach2 * this.d)];
  }

  /** What the splat covers at a point, px; after `footprint`. 0 where it is not drawn. */
  alphaAt(px: number, py: number): number {
    const dx = px - this.x;
    const dy = py - this.y;
    const det = this.a * this.d - this.b * this.b;
    const r2 = (this.d * dx * dx - 2 * this.b * dx * dy + this.a * dy * dy) / det;
    if (this.look.display !== "splats") return r2 > 1 ? 0 : 1;
    const alpha = Math.min(MAX_ALPHA, this.opacity * Math.exp(-0.5 * r2));
    return alpha < MIN_ALPHA ? 0 : alpha;
  }
}
