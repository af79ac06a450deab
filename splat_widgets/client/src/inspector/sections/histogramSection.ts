// Histogram of an attribute: the selected over all, a range to brush, statistics.
import { h } from "../../page/dom";
import { AttributeMenu } from "../controls/attributeMenu";
import { button, row, toggle } from "../controls/buttons";
import { NumberField } from "../controls/numberField";
import { drawAcross, type Frame } from "../plots/axes";
import { Brush, type Point } from "../plots/brush";
import { barHeight, type Histogram, histogram } from "../plots/histogram";
import { formatCount, formatValue, titled } from "../plots/numbers";
import { type Colours, PlotCanvas } from "../plots/plotCanvas";
import { placeOf, type Scale, scaleOf, valueAt } from "../plots/scale";
import { type Statistics, statistics } from "../plots/statistics";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "attributes" | "selection" | "changes">;

const BINS = 96;
const HINT = "Drag over the bars to select a range";
const COLUMNS = ["Values", "Smallest", "Median", "Mean", "Largest", "NaN"] as const;

export class HistogramSection extends Section {
  private readonly menu: AttributeMenu;
  private readonly logValue: ReturnType<typeof toggle>;
  private readonly logCount: ReturnType<typeof toggle>;
  private readonly whole: ReturnType<typeof toggle>;
  private readonly plot: PlotCanvas;
  private readonly readout = h("div", { class: "swi-readout" }, HINT);
  private readonly low: NumberField;
  private readonly high: NumberField;
  private readonly table = h("tbody");
  private isWhole = false; // the axis goes from the smallest to the largest value
  private counts: Histogram | undefined;
  private statisticsOfAll: { values: Float32Array; found: Statistics } | undefined;
  private range: [number | null, number | null] = [null, null];
  private hovered = -1;

  constructor(private readonly session: Parts) {
    super("Histogram", true, "histogram");
    this.menu = new AttributeMenu("Attribute of the histogram", undefined, (name) => {
      const log = session.traits.attribute(name)?.log ?? false;
      session.traits.set("histogram_attribute", name);
      session.traits.set("histogram_log", log);
    });
    this.logValue = toggle({ text: "log x", label: "Logarithmic values" }, (on) =>
      session.traits.set("histogram_log", on),
    );
    this.logCount = toggle({ text: "log n", label: "Logarithmic counts" }, (on) =>
      session.traits.set("histogram_log_count", on),
    );
    this.whole = toggle(
      { text: "all", label: "Axis from the smallest to the largest value" },
      (on) => {
        this.isWhole = on;
        this.whole.set(on);
        this.count();
      },
    );
    this.plot = new PlotCanvas({ class: "swi-plot swi-histogram-plot", role: "img" }, (...all) =>
      this.paint(...all),
    );
    const bound = (label: string, end: 0 | 1) =>
      new NumberField(label, (value) => {
        this.range[end] = value;
        this.showRange();
      });
    this.low = bound("Lower bound of the selection", 0);
    this.high = bound("Upper bound of the selection", 1);
    const select = button(
      { text: "Select", label: "Select this range", class: "swi-select-range" },
      (event) => this.selectRange(event),
    );
    this.body.append(
      h("div", { class: "swi-row" }, this.menu.element),
      h(
        "div",
        { class: "swi-row swi-options" },
        this.logValue.element,
        this.logCount.element,
        this.whole.element,
        this.readout,
      ),
      this.plot.element,
      row("Range", this.low.element, "–", this.high.element, select),
      h(
        "table",
        { class: "swi-statistics" },
        h(
          "thead",
          {},
          h("tr", {}, h("td"), ...COLUMNS.map((name) => h("th", { scope: "col" }, name))),
        ),
        this.table,
      ),
    );
    this.listen();
  }

  private listen(): void {
    const { session } = this;
    const brush = new Brush(this.plot.element, {
      begin: () => "drag",
      update: ([from, to]) => this.brush(from, to),
      done: ([from, to], event) => {
        this.brush(from, to);
        this.selectRange(event);
      },
      cancel: () => {
        this.plot.request();
      },
    });
    this.plot.element.addEventListener("pointermove", (event) => this.hover(event.offsetX));
    this.plot.element.addEventListener("pointerleave", () => this.hover(-1));
    this.element.addEventListener("toggle", () => this.update());
    this.cleanup.add(
      session.traits.bind("catalogue", (items) => this.menu.setItems(items)),
      session.traits.bind("histogram_attribute", () => {
        this.range = [null, null];
        this.showRange();
        this.update();
      }),
      session.traits.bind("histogram_log", (on) => {
        this.logValue.set(on);
        this.count();
      }),
      session.traits.bind("histogram_log_count", (on) => {
        this.logCount.set(on);
        this.plot.request();
      }),
      session.changes.on("selection", () => this.count()),
      session.changes.on("channel", (name) => {
        if (name === this.name) this.update();
      }),
      session.changes.on("scene", () => this.update()),
      session.changes.on("theme", () => this.plot.request()),
      () => brush.dispose(),
      () => this.plot.dispose(),
    );
  }

  private get name(): string {
    return this.session.traits.get("histogram_attribute");
  }

  private update(): void {
    this.menu.set(this.name);
    const item = this.session.traits.attribute(this.name);
    this.note(item ? titled(item.label, item.unit) : "");
    if (this.isOpen && this.name) this.session.attributes.request(this.name);
    this.count();
  }

  private count(): void {
    const channel = this.session.attributes.get(this.name);
    if (!channel || !this.isOpen) {
      this.counts = undefined;
      delete this.element.dataset.attribute;
      this.table.replaceChildren();
      this.plot.request();
      return;
    }
    const { values } = channel;
    if (this.statisticsOfAll?.values !== values)
      this.statisticsOfAll = { values, found: statistics(values) };
    const all = this.statisticsOfAll.found;
    const log = this.session.traits.get("histogram_log");
    const limits = this.isWhole ? [all.min, all.max] : log ? channel.limitsLog : channel.limits;
    const mask = this.session.selection.mask;
    this.counts = histogram(values, scaleOf(limits[0], limits[1], log), BINS, mask);
    const selected = this.session.selection.count ? statistics(values, mask) : undefined;
    this.table.replaceChildren(statisticsRow("All", all), statisticsRow("Selected", selected));
    this.describe(all);
    this.element.dataset.attribute = this.name;
    this.plot.request();
  }

  private describe(all: Statistics): void {
    const item = this.session.traits.attribute(this.name);
    const words =
      `Histogram of ${titled(item?.label ?? this.name, item?.unit ?? "")}: ` +
      `${formatCount(all.count)} values from ${formatValue(all.min)} to ${formatValue(all.max)}, ` +
      `median ${formatValue(all.median)}`;
    this.plot.element.setAttribute("aria-label", words);
  }

  private frame(width: number, height: number): Frame {
    return { left: 6, top: 4, width: width - 12, height: height - 24 };
  }

  private placeAt(x: number): number {
    const frame = this.frame(...this.plot.size);
    return Math.min(1, Math.max(0, (x - frame.left) / frame.width));
  }

  private brush(from: Point, to: Point): void {
    if (!this.counts) return;
    const places = [this.placeAt(from[0]), this.placeAt(to[0])].sort((a, b) => a - b);
    const { scale } = this.counts;
    this.range = [valueAt(scale, places[0]), valueAt(scale, places[1])];
    this.showRange();
    this.plot.request();
  }

  private showRange(): void {
    this.low.set(this.range[0], "lowest");
    this.high.set(this.range[1], "highest");
    this.plot.request();
  }

  private selectRange(event: MouseEvent): void {
    if (!this.name) return;
    let [low, high] = this.range;
    if (low !== null && high !== null && low > high) [low, high] = [high, low];
    this.range = [low, high];
    this.showRange();
    void this.session.selection.selectRange(
      this.name,
      low,
      high,
      this.session.selection.modeOf(event),
    );
  }

  private hover(x: number): void {
    const bin = x < 0 || !this.counts ? -1 : Math.min(BINS - 1, Math.floor(this.placeAt(x) * BINS));
    if (bin === this.hovered) return;
    this.hovered = bin;
    if (bin < 0 || !this.counts) this.readout.textContent = HINT;
    else {
      const { edges, all, selected } = this.counts;
      const part = this.session.selection.count ? `, ${formatCount(selected[bin])} selected` : "";
      this.readout.textContent =
        `${formatValue(edges[bin], 3)} to ${formatValue(edges[bin + 1], 3)}: ` +
        `${formatCount(all[bin])}${part}`;
    }
    this.plot.request();
  }

  private paint(
    context: CanvasRenderingContext2D,
    width: number,
    height: number,
    colours: Colours,
  ): void {
    const frame = this.frame(width, height);
    if (!this.counts) {
      const waiting = this.session.attributes.waiting.includes(this.name);
      placeholder(context, width, height, waiting ? "Loading …" : "", colours);
      return;
    }
    const { scale, all, selected } = this.counts;
    this.paintRange(context, frame, scale, colours);
    const log = this.session.traits.get("histogram_log_count");
    const most = all.reduce((a, b) => Math.max(a, b), 0);
    const bars = (counts: Uint32Array, colour: string) => {
      context.fillStyle = colour;
      counts.forEach((count, bin) => {
        if (!count) return;
        const size = Math.max(1, frame.height * barHeight(count, most, log));
        const left = frame.left + (frame.width * bin) / BINS;
        context.fillRect(left, frame.top + frame.height - size, frame.width / BINS - 0.4, size);
      });
    };
    bars(all, colours.all);
    bars(selected, colours.selected);
    if (this.hovered >= 0) {
      context.fillStyle = colours.text;
      context.globalAlpha = 0.12;
      const left = frame.left + (frame.width * this.hovered) / BINS;
      context.fillRect(left, frame.top, frame.width / BINS, frame.height);
      context.globalAlpha = 1;
    }
    drawAcross(context, frame, scale, colours);
  }

  private paintRange(
    context: CanvasRenderingContext2D,
    frame: Frame,
    scale: Scale,
    colours: Colours,
  ): void {
    const [low, high] = this.range;
    if (low === null && high === null) return;
    const place = (value: number | null, end: number) =>
      value === null ? end : Math.min(1, Math.max(0, placeOf(scale, value) || 0));
    const [from, to] = [place(low, 0), place(high, 1)];
    context.fillStyle = colours.accent;
    context.globalAlpha = 0.14;
    context.fillRect(
      frame.left + frame.width * from,
      frame.top,
      frame.width * (to - from),
      frame.height,
    );
    context.globalAlpha = 1;
  }
}

/** Words in the middle of a plot that has nothing to show. */
export function placeholder(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  text: string,
  colours: Colours,
): void {
  context.fillStyle = colours.muted;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, width / 2, height / 2);
}

function statisticsRow(title: string, found: Statistics | undefined): HTMLTableRowElement {
  const cells = found
    ? [
        formatCount(found.count),
        ...[found.min, found.median, found.mean, found.max].map((value) =>
          found.count ? formatValue(value, 3) : "–",
        ),
        formatCount(found.nan),
      ]
    : COLUMNS.map(() => "–");
  return h("tr", {}, h("th", { scope: "row" }, title), ...cells.map((text) => h("td", {}, text)));
}
