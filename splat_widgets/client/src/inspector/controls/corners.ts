// A polygon that is set corner by corner with clicks, until a click on its first corner, a double click
// or Enter closes it.
import type { Point } from "../plots/brush";

const CLOSE_PX = 9; // a click that near the first corner closes
const SAME_PX = 2; // the second click of a double click sets no corner

export class Corners {
  private corners: Point[] = [];

  /** @param draw shows the outline; no points take it away. */
  constructor(private readonly draw: (points: Point[]) => void) {}

  get count(): number {
    return this.corners.length;
  }

  /** Sets a corner; the whole polygon if that closed it. */
  add(at: Point): Point[] | undefined {
    const [first] = this.corners;
    if (this.corners.length >= 3 && distance(at, first) <= CLOSE_PX) return this.close();
    const last = this.corners[this.corners.length - 1];
    if (!last || distance(at, last) > SAME_PX) this.corners.push(at);
    this.draw(this.corners);
    return undefined;
  }

  /** Shows the edges to the pointer. */
  point(at: Point): void {
    if (this.corners.length) this.draw([...this.corners, at]);
  }

  /** The polygon, if it has three corners; it is set anew then. */
  close(): Point[] | undefined {
    if (this.corners.length < 3) return undefined;
    const { corners } = this;
    this.clear();
    return corners;
  }

  /** Takes the last corner back. */
  back(): void {
    this.corners.pop();
    this.draw(this.corners);
  }

  clear(): void {
    this.corners = [];
    this.draw([]);
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
