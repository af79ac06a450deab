// A cross on the picture that arrow keys move, to draw without a pointer.
import { svg } from "../../page/dom";
import type { Point } from "../plots/brush";

const STEP_PX = 12;
const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class Cross {
  readonly element = svg("path", { class: "swi-cross", visibility: "hidden" });
  /** Where it is; undefined while it is put away. */
  at: Point | undefined;
  /** What was set with Enter. */
  points: Point[] = [];

  /** @param stage is as large as the picture. */
  constructor(private readonly stage: HTMLElement) {}

  /** Shows it in the middle of the picture. */
  start(): void {
    this.points = [];
    this.put([this.stage.clientWidth / 2, this.stage.clientHeight / 2]);
  }

  stop(): void {
    this.at = undefined;
    this.points = [];
    this.element.setAttribute("visibility", "hidden");
  }

  /** Takes an arrow key, with Shift for a step of one pixel; false for other keys. */
  key({ key, shiftKey }: KeyboardEvent): boolean {
    const arrow = ARROWS[key];
    if (!arrow || !this.at) return false;
    const step = shiftKey ? 1 : STEP_PX;
    const { clientWidth, clientHeight } = this.stage;
    this.put([
      Math.min(clientWidth - 1, Math.max(0, this.at[0] + step * arrow[0])),
      Math.min(clientHeight - 1, Math.max(0, this.at[1] + step * arrow[1])),
    ]);
    return true;
  }

  private put(at: Point): void {
    this.at = at;
    this.element.setAttribute("visibility", "visible");
    this.element.setAttribute("d", `M${at[0] - 9} ${at[1]}h18M${at[0]} ${at[1] - 9}v18`);
  }
}
