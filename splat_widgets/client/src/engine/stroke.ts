// One stroke of a round brush over the picture: the splats whose centres it has passed.
import type { PinholeCamera } from "../page/state.gen";
import type { Mask } from "./mask";
import { type Point, project } from "./regions";

const CELL_PX = 24; // side of a bucket of projected centres
const MAX_CELLS = 400; // along a side

/**
 * Every centre is projected once, when the stroke begins, and kept in buckets of the picture. A move of
 * the pointer then looks at the centres around it alone, so half a million splats take it less than a
 * frame. `splat_widgets/regions/shapes.py::in_brush` is its twin.
 */
export class Stroke {
  /** Splats that were passed. */
  readonly mask: Mask;
  private readonly points: Point[] = [];
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private readonly starts: Int32Array; // of each bucket's members
  private readonly members: Int32Array;
  private readonly columns: number;
  private readonly rows: number;

  /**
   * @param centres four floats a splat.
   * @param allowed splats that can be passed at all.
   * @param radius CSS px, as the camera's pixels are.
   */
  constructor(
    centres: Float32Array,
    allowed: Mask,
    camera: PinholeCamera,
    private readonly radius: number,
  ) {
    const count = allowed.length;
    this.mask = new Uint8Array(count);
    this.x = new Float64Array(count);
    this.y = new Float64Array(count);
    this.columns = cells(camera.width);
    this.rows = cells(camera.height);
    const cell = new Int32Array(count).fill(-1);
    this.starts = new Int32Array(this.columns * this.rows + 1);
    project(centres, count, camera, (i, x, y) => {
      if (!allowed[i]) return;
      this.x[i] = x;
      this.y[i] = y;
      cell[i] = this.row(y) * this.columns + this.column(x);
      this.starts[cell[i] + 1]++;
    });
    for (let k = 1; k < this.starts.length; k++) this.starts[k] += this.starts[k - 1];
    const next = this.starts.slice();
    this.members = new Int32Array(this.starts[this.starts.length - 1]);
    for (let i = 0; i < count; i++) if (cell[i] >= 0) this.members[next[cell[i]]++] = i;
  }

  /** Passes on to the points that were not there the last time; returns the splats passed anew. */
  follow(points: readonly Point[]): number[] {
    const found: number[] = [];
    for (const point of points.slice(this.points.length)) {
      this.pass(this.points[this.points.length - 1] ?? point, point, found);
      this.points.push(point);
    }
    return found;
  }

  private pass([x1, y1]: Point, [x2, y2]: Point, found: number[]): void {
    const { radius, mask } = this;
    const [ex, ey] = [x2 - x1, y2 - y1];
    const length2 = ex * ex + ey * ey;
    const left = this.column(Math.min(x1, x2) - radius);
    const right = this.column(Math.max(x1, x2) + radius);
    const bottom = this.row(Math.max(y1, y2) + radius);
    for (let row = this.row(Math.min(y1, y2) - radius); row <= bottom; row++) {
      const first = this.starts[row * this.columns + left];
      const last = this.starts[row * this.columns + right + 1];
      for (let k = first; k < last; k++) {
        const i = this.members[k];
        if (mask[i]) continue;
        const [dx, dy] = [this.x[i] - x1, this.y[i] - y1];
        const share = length2 > 0 ? Math.min(1, Math.max(0, (dx * ex + dy * ey) / length2)) : 0;
        const [ax, ay] = [dx - share * ex, dy - share * ey];
        if (ax * ax + ay * ay > radius * radius) continue;
        mask[i] = 1;
        found.push(i);
      }
    }
  }

  // What lies beside the picture is in the bucket at its border.
  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor(x / CELL_PX)));
  }

  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor(y / CELL_PX)));
  }
}

function cells(px: number): number {
  return Math.min(MAX_CELLS, Math.max(1, Math.ceil(px / CELL_PX)));
}
