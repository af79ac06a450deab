// The bars of a histogram, and a range that the pointer brushes over them.
import { Owner } from "../../page/dom";
import { drawAcross } from "./axes";
import { Brush, type Point } from "./brush";
import { barHeight, type Histogram } from "./histogram";
import { PlotCanvas, type Surface } from "./plotCanvas";
import { clamp01, placeOf, valueAt } from "./scale";

export type Range = [number | null, number | null]; // null means unbounded

export type HistogramPlotEvents = {
  brush(range: Range): void;
  /** The brush was lifted. */
  done(event: PointerEvent): void;
  /** The pointer is over another bin, -1 for none. */
  hover(bin: number): void;
};

export class HistogramPlot extends Owner {
  readonly canvas: PlotCanvas;
  private counts: Histogram | undefined;
  private logCount = false;
  private range: Range = [null, null];
  private hovered = -1;

  constructor(events: HistogramPlotEvents) {
    super();
    const margins = { left: 6, top: 4, right: 6, bottom: 20 };
    this.canvas = new PlotCanvas("histogram", margins, (surface) => this.paint(surface));
    const { element } = this.canvas;
    const brushed = (points: Point[]) => {
      if (!this.counts) return;
      const { scale } = this.counts;
      const places = points.map((point) => clamp01(this.canvas.placeAt(point)[0]));
      const [low, high] = places.sort((a, b) => a - b);
      events.brush([valueAt(scale, low), valueAt(scale, high)]);
    };
    const brush = new Brush(element, {
      begin: () => "drag",
      update: brushed,
      done: (points, event) => {
        brushed(points);
        events.done(event);
      },
      cancel: () => this.canvas.request(),
    });
    const hover = (bin: number) => {
      if (bin === this.hovered) return;
      this.hovered = bin;
      events.hover(bin);
      this.canvas.request();
    };
    element.addEventListener("pointermove", ({ offsetX }) => hover(this.binAt(offsetX)));
    this.cleanup.add(
      () => brush.dispose(),
      () => this.canvas.dispose(),
    );
    element.addEventListener("pointerleave", () => hover(-1));
  }

  /** @param placeholder is shown while there are no counts. */
  show(counts: Histogram | undefined, placeholder: string): void {
    this.counts = counts;
    this.canvas.placeholder = counts ? undefined : placeholder;
    this.canvas.request();
  }

  setLogCount(log: boolean): void {
    this.logCount = log;
    this.canvas.request();
  }

  setRange(range: Range): void {
    this.range = range;
    this.canvas.request();
  }

  private binAt(x: number): number {
    if (!this.counts) return -1;
    const bins = this.counts.all.length;
    return Math.min(bins - 1, Math.floor(clamp01(this.canvas.placeAt([x, 0])[0]) * bins));
  }

  private paint(surface: Surface): void {
    if (!this.counts) return;
    const { context, frame, colours } = surface;
    const { scale, all, selected } = this.counts;
    const column = (from: number, to: number, colour: string) => {
      context.fillStyle = colour;
      context.globalAlpha = 0.13;
      context.fillRect(
        frame.left + frame.width * from,
        frame.top,
        frame.width * (to - from),
        frame.height,
      );
      context.globalAlpha = 1;
    };
    const [low, high] = this.range;
    const place = (value: number) => clamp01(placeOf(scale, value) || 0);
    if (low !== null || high !== null)
      column(low === null ? 0 : place(low), high === null ? 1 : place(high), colours.accent);
    const bins = all.length;
    const most = all.reduce((a, b) => Math.max(a, b), 0);
    for (const [counts, colour] of [
      [all, colours.all],
      [selected, colours.selected],
    ] as const) {
      context.fillStyle = colour;
      counts.forEach((count, bin) => {
        if (!count) return;
        const size = Math.max(1, frame.height * barHeight(count, most, this.logCount));
        const left = frame.left + (frame.width * bin) / bins;
        context.fillRect(left, frame.top + frame.height - size, frame.width / bins - 0.4, size);
      });
    }
    if (this.hovered >= 0) column(this.hovered / bins, (this.hovered + 1) / bins, colours.text);
    drawAcross(surface, scale);
  }
}
