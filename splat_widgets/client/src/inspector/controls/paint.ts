// The brush: splats that it passes join the selection or, with Alt, leave it.
import type { Mode } from "../../engine/mask";
import type { Stroke } from "../../engine/stroke";
import { svg } from "../../page/dom";
import type { Point } from "../plots/brush";
import type { Session } from "../session";

type Parts = Pick<Session, "traits" | "inspection" | "selection">;

export const SMALLEST_PX = 2;
export const LARGEST_PX = 400;
const STEP = 1.25; // of the size, for each press of a key

export class Paint {
  /** The brush's outline at the pointer. */
  readonly cursor = svg("circle", { class: "swi-brush", visibility: "hidden" });
  private stroke: { passed: Stroke; radius: number; mode: Mode } | undefined;
  private points: Point[] = [];
  private frame = 0;

  constructor(private readonly session: Parts) {}

  /** Begins a stroke; false without a picture. */
  begin(at: Point, mode: Mode): boolean {
    const { inspection } = this.session;
    const radius = this.radius;
    const passed = inspection.stroke(radius);
    if (!passed) return false;
    this.stroke = { passed, radius, mode };
    this.follow([at]);
    return true;
  }

  /** Goes on to the last of the points; what it passes is marked once a frame at most. */
  follow(points: readonly Point[]): void {
    this.points = [...points];
    this.show(points[points.length - 1]);
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.mark();
    });
  }

  /** Ends the stroke: its splats are selected. */
  finish(): void {
    if (!this.stroke) return;
    this.mark();
    const { passed, radius, mode } = this.stroke;
    const { points } = this;
    // Which of them can be seen takes too long to be found while the pointer moves.
    const through = this.session.traits.get("select_through");
    const seen = through ? passed.mask : this.session.inspection.visibleIn(passed.mask);
    this.drop();
    this.session.selection.selectPainted(points, radius, seen, mode);
  }

  /** Ends the stroke without a trace. */
  cancel(): void {
    if (!this.stroke) return;
    this.drop();
    this.session.selection.preview(undefined);
  }

  /** Shows the outline at a point; undefined hides it. */
  show(at: Point | undefined): void {
    this.cursor.setAttribute("visibility", at ? "visible" : "hidden");
    if (!at) return;
    this.cursor.setAttribute("cx", String(at[0]));
    this.cursor.setAttribute("cy", String(at[1]));
    this.cursor.setAttribute("r", String(this.radius));
  }

  /** Takes the keys that change the size; true if it was one of them. */
  key(key: string): boolean {
    if (key !== "[" && key !== "]") return false;
    const wanted = this.radius * (key === "]" ? STEP : 1 / STEP);
    const radius = Math.round(Math.min(LARGEST_PX, Math.max(SMALLEST_PX, wanted)));
    const least = key === "]" ? this.radius + 1 : this.radius - 1; // small sizes step by a pixel
    const next = key === "]" ? Math.max(radius, least) : Math.min(radius, least);
    this.session.traits.set("brush_px", Math.min(LARGEST_PX, Math.max(SMALLEST_PX, next)));
    this.cursor.setAttribute("r", String(this.radius));
    return true;
  }

  private get radius(): number {
    return this.session.traits.get("brush_px");
  }

  private mark(): void {
    const { stroke } = this;
    if (!stroke?.passed.follow(this.points).length) return;
    const { inspection, selection } = this.session;
    selection.preview(inspection.selected(stroke.mode, stroke.passed.mask));
  }

  private drop(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.stroke = undefined;
  }
}
