// Drawing with the pointer on an element: a rectangle, a lasso, a stroke, or a drag.
import { Owner } from "../../page/dom";

export type Point = [number, number];
export type Shape = "rectangle" | "lasso" | "stroke" | "drag";

export type BrushEvents = {
  /** What a drag that starts here draws; undefined leaves the pointer to others. */
  begin(event: PointerEvent, at: Point): Shape | undefined;
  /** Start and present point of a rectangle or drag, all points of a lasso or stroke; CSS px. */
  update(points: Point[], event: PointerEvent): void;
  done(points: Point[], event: PointerEvent): void;
  /** The pointer was pressed and did not move. */
  click?(at: Point, event: PointerEvent): void;
  cancel(): void;
};

const LASSO_STEP_PX = 2; // between the points of a lasso or stroke
export const DRAG_PX = 4; // a pointer that moved less was a click

/** Listens on an element, before its own listeners do if `first`. */
export class Brush extends Owner {
  private points: Point[] = [];
  private shape: Shape | undefined;
  private pointer = -1;

  constructor(
    private readonly element: HTMLElement,
    private readonly events: BrushEvents,
    first = false,
  ) {
    super();
    const on = (
      type: "pointerdown" | "pointermove" | "pointerup" | "pointercancel",
      listener: (event: PointerEvent) => void,
    ) => this.cleanup.on<"pointerdown">(element, type, listener, { capture: first });
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", () => this.cancel());
    this.cleanup.on(
      element,
      "keydown",
      (event: KeyboardEvent) => {
        if (event.key !== "Escape" || !this.active) return;
        event.stopPropagation();
        event.preventDefault();
        this.cancel();
      },
      { capture: first },
    );
    this.cleanup.add(() => this.cancel());
  }

  get active(): boolean {
    return this.shape !== undefined;
  }

  cancel(): void {
    if (!this.active) return;
    this.shape = undefined;
    this.events.cancel();
  }

  private at(event: PointerEvent): Point {
    const { left, top } = this.element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0 || this.active) return;
    const at = this.at(event);
    this.shape = this.events.begin(event, at);
    if (!this.shape) return;
    // The focus must be inside the element, or Escape would not reach it.
    const target = event.target as HTMLElement;
    (target.tabIndex >= 0 ? target : this.element).focus({ preventScroll: true });
    this.pointer = event.pointerId;
    this.element.setPointerCapture(event.pointerId);
    event.preventDefault();
    event.stopPropagation();
    this.points = [at];
  }

  private move(event: PointerEvent): void {
    if (!this.active || event.pointerId !== this.pointer) return;
    event.stopPropagation();
    const at = this.at(event);
    if (this.shape === "lasso" || this.shape === "stroke") {
      const [x, y] = this.points[this.points.length - 1];
      if (Math.hypot(at[0] - x, at[1] - y) < LASSO_STEP_PX) return;
      this.points.push(at);
    } else this.points = [this.points[0], at];
    this.events.update(this.points, event);
  }

  private up(event: PointerEvent): void {
    if (!this.active || event.pointerId !== this.pointer) return;
    event.stopPropagation();
    this.move(event);
    const { points, shape } = this;
    this.shape = undefined;
    const [x, y] = points[0];
    const far = points.some((point) => Math.hypot(point[0] - x, point[1] - y) >= DRAG_PX);
    if (shape === "stroke" || (far && points.length >= (shape === "lasso" ? 3 : 2)))
      this.events.done(points, event);
    else {
      this.events.cancel();
      if (!far) this.events.click?.(points[0], event);
    }
  }
}

/** The corners of a rectangle that is given by two opposite ones; a lasso stays as it is. */
export function polygonOf(points: Point[]): Point[] {
  if (points.length !== 2) return points;
  const [[x1, y1], [x2, y2]] = points;
  return [
    [x1, y1],
    [x2, y1],
    [x2, y2],
    [x1, y2],
  ];
}
