// Measuring: two points on the splats, the line between them, its length.

import type { Scene } from "../engine/scene";
import { placeOf, pointAt } from "../engine/surface";
import { h, svg } from "../page/dom";
import type { Measured, SceneHeader } from "../page/state.gen";
import type { Vec3 } from "../page/wire";
import { KnownLength } from "./knownLength";
import type { Brush, Note, Place } from "./notes";

const ABOVE_PX = 20; // the label's middle over the line's

export type MeasureEvents = {
  /** The person measured, or took the measurement away. */
  measured(measured: Measured | null): void;
  /** The tool was taken up or put down. */
  active(active: boolean): void;
  /** The splat that covers most of a point of the picture. */
  wireAt(scene: Scene, x: number, y: number): number | undefined;
  /** The person typed how long the line is in truth, m; undefined where nobody can scale the scene. */
  known: ((points: Vec3[], metres: number) => void) | undefined;
};

export class Measure implements Note {
  readonly elements: readonly Element[];
  /** Whether a click places a point. */
  isActive = false;
  private readonly lines = [0, 1].map(() => svg("line", {})); // a dark one under a light one
  private readonly ends = [0, 1].map(() => svg("circle", { r: "4" }));
  private readonly aim = svg("path", { class: "sw-aim", d: "" }); // where Enter places a point
  private readonly label = h("output", { class: "sw-label sw-length", "aria-live": "polite" });
  private readonly known = new KnownLength((metres) => this.events.known?.(this.points, metres));
  private points: Vec3[] = [];
  private pointer: Place | undefined; // the end of a line whose second point is not placed yet

  constructor(
    private readonly scene: () => Scene | undefined,
    private readonly events: MeasureEvents,
  ) {
    const drawing = svg("svg", { class: "sw-measure", "aria-hidden": "true" });
    drawing.append(...this.lines, ...this.ends, this.aim);
    this.elements = [drawing, this.label, this.known.element];
  }

  /** Length of the line as text; "" without one. */
  get text(): string {
    return this.points.length === 2
      ? lengthText(distance(this.points), this.scene()?.header?.metres ?? "unknown")
      : "";
  }

  /** Takes the tool up, or puts it down and takes its line away. */
  setActive(active: boolean): void {
    if (active === this.isActive) return;
    this.isActive = active;
    if (!active) this.clear();
    this.events.active(active);
    this.redraw();
  }

  /** Places a point; the third one begins another line. */
  place(x: number, y: number): void {
    const scene = this.scene();
    const wire = scene && this.events.wireAt(scene, x, y);
    const point = wire === undefined ? undefined : scene && pointAt(scene, wire, x, y);
    if (!scene || !point) return;
    if (this.points.length === 2) this.points = [];
    this.points.push(point);
    this.pointer = undefined;
    if (this.points.length === 2) {
      const unit = scene.header?.metres === "unknown" ? "units" : "m";
      this.events.measured({ points: this.points, distance: distance(this.points), unit });
    }
    this.redraw();
  }

  /** Places a point in the middle of the picture, for those who aim with the keyboard. */
  placeInMiddle(): void {
    const { width, height } = this.scene()?.viewpoint() ?? { width: 0, height: 0 };
    this.place(width / 2, height / 2);
  }

  point(x: number, y: number): void {
    if (this.points.length !== 1) return;
    this.pointer = [x, y];
    this.redraw();
  }

  /** Shows a measurement of another view or of Python. */
  set(measured: Measured | null): void {
    if (JSON.stringify(measured?.points ?? []) === JSON.stringify(this.points)) return;
    if (measured === null && this.points.length < 2) return; // one that has begun goes on
    this.points = [...(measured?.points ?? [])];
    this.redraw();
  }

  /** Takes the line away. */
  clear(): void {
    const had = this.points.length === 2;
    this.forget();
    if (had) this.events.measured(null);
  }

  /** Takes the line away without a word: another scene has come, as its owner knows. */
  forget(): void {
    this.points = [];
    this.pointer = undefined;
    this.redraw();
  }

  /** The view has moved. */
  redraw(): void {
    const scene = this.scene();
    const placed = scene ? this.points.map((point) => placeOf(scene, point)) : [];
    const [from, to] = this.points.length === 1 ? [placed[0], this.pointer] : placed;
    this.ends.forEach((end, i) => {
      show(end, placed[i] && { cx: placed[i][0], cy: placed[i][1] });
    });
    const line = from && to && { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
    for (const one of this.lines) show(one, line);
    this.drawAim(scene);
    const { text } = this;
    this.label.hidden = !text || !line;
    if (this.label.textContent !== text) this.label.textContent = text;
    const middle: Place | undefined = from && to && [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    this.known.show(text && this.isActive && this.events.known ? middle : undefined);
    if (from && to) {
      this.label.style.left = `${(from[0] + to[0]) / 2}px`;
      this.label.style.top = `${(from[1] + to[1]) / 2}px`;
    }
  }

  paint(brush: Brush): void {
    const [from, to] = this.points.map((point) => brush.place(point));
    if (!from || !to) return;
    brush.line(from, to);
    brush.dot(from);
    brush.dot(to);
    const middle: Place = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    brush.label(this.text, middle, { up: ABOVE_PX });
  }

  private drawAim(scene: Scene | undefined): void {
    const { width, height } = scene?.viewpoint() ?? { width: 0, height: 0 };
    const cross = `M${width / 2 - 9} ${height / 2}h18M${width / 2} ${height / 2 - 9}v18`;
    this.aim.setAttribute("d", this.isActive ? cross : "");
  }
}

function show(element: SVGElement, place: Record<string, number> | undefined): void {
  element.setAttribute("visibility", place ? "visible" : "hidden");
  for (const [name, value] of Object.entries(place ?? {}))
    element.setAttribute(name, String(value));
}

function distance([a, b]: readonly Vec3[]): number {
  return Math.hypot(...a.map((value, i) => value - b[i]));
}

/** A length in words that say how far it can be trusted. */
export function lengthText(length: number, metres: SceneHeader["metres"]): string {
  if (metres === "unknown") return `${length.toPrecision(3)} units`;
  const text = length < 1 ? `${(100 * length).toPrecision(3)} cm` : `${length.toPrecision(3)} m`;
  return metres === "model" ? `about ${text}` : text;
}
