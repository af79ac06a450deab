// How many splats have each pair of two attributes' values, and a shape drawn over them.
import { h, Owner } from "../../page/dom";
import { drawAcross, drawUp } from "./axes";
import { Brush, type Point, polygonOf } from "./brush";
import type { Density } from "./density";
import { PlotCanvas, rgbOf, type Surface } from "./plotCanvas";
import { clamp01, type Scale, valueAt } from "./scale";

export type CountedPairs = { found: Density; scales: [Scale, Scale] };

export type DensityPlotEvents = {
  shape(): "lasso" | "rectangle";
  /** Corners in the attributes' units. */
  select(corners: Point[], event: PointerEvent): void;
  /** The values under the pointer and their cell of the counts; undefined off the axes. */
  hover(values: Point, cell: number | undefined): void;
};

export class DensityPlot extends Owner {
  readonly canvas: PlotCanvas;
  private counted: CountedPairs | undefined;
  private drawn: Point[] = []; // CSS px

  constructor(events: DensityPlotEvents) {
    super();
    const margins = { left: 48, top: 6, right: 8, bottom: 22 };
    this.canvas = new PlotCanvas("density", margins, (surface) => this.paint(surface));
    const { element } = this.canvas;
    const draw = (points: Point[]) => {
      this.drawn = points;
      this.canvas.request();
    };
    const brush = new Brush(element, {
      begin: () => this.counted && events.shape(),
      update: draw,
      done: (points, event) => {
        draw([]);
        if (this.counted)
          events.select(
            polygonOf(points).map((point) => this.valuesAt(point)),
            event,
          );
      },
      cancel: () => draw([]),
    });
    element.addEventListener("pointermove", ({ offsetX, offsetY }) => {
      const at: Point = [offsetX, offsetY];
      events.hover(this.valuesAt(at), this.cellAt(at));
    });
    this.cleanup.add(
      () => brush.dispose(),
      () => this.canvas.dispose(),
    );
    element.addEventListener("pointerleave", () => events.hover([0, 0], undefined));
  }

  /** @param placeholder is shown while there are no counts. */
  show(counted: CountedPairs | undefined, placeholder: string): void {
    this.counted = counted;
    this.canvas.placeholder = counted ? undefined : placeholder;
    this.canvas.request();
  }

  private valuesAt(point: Point): Point {
    const places = this.canvas.placeAt(point);
    const { scales } = this.counted ?? {};
    return places.map((place, axis) =>
      scales ? valueAt(scales[axis], clamp01(place)) : 0,
    ) as Point;
  }

  private cellAt(point: Point): number | undefined {
    if (!this.counted) return undefined;
    const { across, up } = this.counted.found;
    const [u, v] = this.canvas.placeAt(point);
    const [column, row] = [Math.floor(u * across), Math.floor(v * up)];
    const isInside = column >= 0 && column < across && row >= 0 && row < up;
    return isInside ? row * across + column : undefined;
  }

  private paint(surface: Surface): void {
    if (!this.counted) return;
    const { context, frame, colours } = surface;
    const { found, scales } = this.counted;
    context.imageSmoothingEnabled = false;
    for (const [counts, colour] of [
      [found.all, colours.all],
      [found.selected, colours.selected],
    ] as const) {
      const picture = cells(counts, found, colour);
      context.drawImage(picture, frame.left, frame.top, frame.width, frame.height);
    }
    drawAcross(surface, scales[0]);
    drawUp(surface, scales[1]);
    drawOutline(surface, polygonOf(this.drawn));
  }
}

// One pixel a cell, the highest row first. Opacity goes with the logarithm, so that a single splat
// is seen beside a thousand.
function cells(counts: Uint32Array, { across, up, most }: Density, colour: string) {
  const canvas = h("canvas", { width: across, height: up });
  const bytes = new Uint8ClampedArray(4 * counts.length);
  const rgb = rgbOf(colour);
  counts.forEach((count, bin) => {
    if (!count) return;
    const column = bin % across;
    const row = up - 1 - (bin - column) / across;
    const alpha = 0.2 + (0.8 * Math.log1p(count)) / Math.log1p(most);
    bytes.set([...rgb, 255 * alpha], 4 * (row * across + column));
  });
  canvas.getContext("2d")?.putImageData(new ImageData(bytes, across, up), 0, 0);
  return canvas;
}

function drawOutline({ context, colours }: Surface, points: readonly Point[]): void {
  if (points.length < 2) return;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.closePath();
  context.fillStyle = colours.accent;
  context.globalAlpha = 0.14;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colours.accent;
  context.lineWidth = 1.5;
  context.stroke();
}
