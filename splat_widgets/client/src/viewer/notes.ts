// What tools write over the picture: as elements on the page, painted in a picture that is saved.
import type { Scene } from "../engine/scene";
import { placeOf } from "../engine/surface";
import type { Vec3 } from "../page/wire";

export type Place = [number, number];

export type Note = {
  /** The view has moved. */
  redraw(): void;
  /** Paints it on a picture of the shown view. */
  paint(brush: Brush): void;
};

/** Corner radius, padding and size of a label's text, as in `style.css`; CSS px. */
const LABEL = { radius: 3, padding: 7, height: 20, text: 13 };
const DARK = "rgb(20 22 26 / 82%)";
export const BRIGHT = "#ffe26a"; // of lines and points, as in `style.css`

/** Paints on a saved picture; lengths are CSS px, so that it looks as on the screen. */
export class Brush {
  private readonly ratio: number; // of the picture's pixels to CSS pixels

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly scene: Scene,
  ) {
    this.ratio = context.canvas.height / scene.viewpoint().height;
  }

  /** Where a point of the world is in the picture; undefined behind the camera. */
  place(point: Vec3): Place | undefined {
    const { width, height } = this.context.canvas;
    const at = placeOf(this.scene, point, width / this.ratio, height / this.ratio);
    return at && [at[0] * this.ratio, at[1] * this.ratio];
  }

  line(from: Place, to: Place): void {
    const { context, ratio } = this;
    const strokes = [
      [DARK, 4],
      [BRIGHT, 2],
    ] as const;
    for (const [colour, width] of strokes) {
      context.strokeStyle = colour;
      context.lineWidth = width * ratio;
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      context.stroke();
    }
  }

  dot([x, y]: Place): void {
    const { context, ratio } = this;
    context.beginPath();
    context.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
    context.fillStyle = BRIGHT;
    context.fill();
    context.strokeStyle = DARK;
    context.lineWidth = 1.5 * ratio;
    context.stroke();
  }

  /** @param right, up how far the label's middle lies from the place, CSS px; `right` from its left edge. */
  label(text: string, [x, y]: Place, offset: { right?: number; up?: number } = {}): void {
    const { context, ratio } = this;
    context.font = `${LABEL.text * ratio}px sans-serif`;
    const width = context.measureText(text).width + 2 * LABEL.padding * ratio;
    const height = LABEL.height * ratio;
    const left = offset.right === undefined ? x - width / 2 : x + offset.right * ratio;
    const top = y - (offset.up ?? 0) * ratio - height / 2;
    context.beginPath();
    context.roundRect(left, top, width, height, LABEL.radius * ratio);
    context.fillStyle = DARK;
    context.fill();
    context.fillStyle = "#ffffff";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, left + width / 2, top + height / 2);
  }
}
