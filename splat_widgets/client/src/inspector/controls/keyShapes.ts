// Shapes that are drawn with the keyboard: arrows move a cross, Enter sets its points.
import type { Point } from "../plots/brush";
import { Cross } from "./cross";

/** What the tools do with the points that the keyboard sets. */
export type Hands = {
  tool(): string;
  setFloor(at: Point): void;
  /** False where there is no splat to put a sphere around. */
  beginSphere(at: Point): boolean;
  beginPaint(at: Point, press: PointerEvent): boolean;
  showPaint(at: Point): void;
  selectCorners(points: Point[], event: KeyboardEvent): void;
  done(points: Point[], press: PointerEvent): void;
  update(points: Point[]): void;
  draw(points: Point[]): void;
  clear(): void;
};

/** Enter sets a corner or a point of a lasso; the second corner or Space ends the shape, Escape drops it. */
export class KeyShapes {
  private readonly cross: Cross;

  constructor(
    stage: HTMLElement,
    private readonly hands: Hands,
  ) {
    this.cross = new Cross(stage);
  }

  get element(): Cross["element"] {
    return this.cross.element;
  }

  /** Whether a shape has begun. */
  get active(): boolean {
    return this.cross.at !== undefined;
  }

  start(): void {
    this.cross.start();
    this.draw();
  }

  stop(): void {
    this.cross.stop();
  }

  /** True for a key that the shape takes. */
  key(event: KeyboardEvent): boolean {
    if (this.cross.key(event)) this.draw();
    else if (event.key === "Enter") this.add(event);
    else if (event.key === " ") this.finish(event);
    else if (event.key === "Escape") this.hands.clear();
    else return false;
    return true;
  }

  private add(event: KeyboardEvent): void {
    const { points, at } = this.cross;
    const tool = this.hands.tool();
    if (!at) return;
    if (tool === "floor") {
      this.hands.setFloor(at);
      return;
    }
    if (tool === "sphere" && points.length === 0 && !this.hands.beginSphere(at)) return;
    points.push(at);
    if (this.fewest === 2 && points.length === 2) this.finish(event);
    else this.draw();
  }

  private finish(event: KeyboardEvent): void {
    const { points } = this.cross;
    const { hands } = this;
    if (points.length < this.fewest) return;
    const press = event as unknown as PointerEvent; // only its Shift and Alt are read
    if (hands.tool() === "polygon") hands.selectCorners(points, event);
    else if (hands.tool() !== "brush" || hands.beginPaint(points[0], press))
      hands.done(points, press);
    hands.clear();
  }

  /** How many points a shape takes at least. */
  private get fewest(): number {
    const tool = this.hands.tool();
    if (tool === "brush") return 1;
    return tool === "lasso" || tool === "polygon" ? 3 : 2;
  }

  private draw(): void {
    const { at } = this.cross;
    const tool = this.hands.tool();
    if (!at) return;
    const points = [...this.cross.points, at];
    if (tool === "brush") this.hands.showPaint(at);
    else if (tool === "polygon") this.hands.draw(points);
    else if (points.length > 1) this.hands.update(points);
  }
}
