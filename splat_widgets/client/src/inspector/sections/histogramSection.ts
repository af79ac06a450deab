// Histogram of an attribute: the selected over all, a range to brush, statistics.
import { h } from "../../page/dom";
import { limitsOf } from "../attributeStore";
import { AttributeMenu } from "../controls/attributeMenu";
import { button, row, toggle } from "../controls/buttons";
import { NumberField } from "../controls/numberField";
import { type Histogram, histogram } from "../plots/histogram";
import { HistogramPlot, type Range } from "../plots/histogramPlot";
import { formatCount, formatValue, titled } from "../plots/numbers";
import { scaleOf } from "../plots/scale";
import { type Statistics, statistics } from "../plots/statistics";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "choice" | "attributes" | "selection" | "changes">;

const BINS = 96;
const HINT = "Drag over the bars to select a range";
const COLUMNS = ["Values", "Smallest", "Median", "Mean", "Largest", "NaN"] as const;

export class HistogramSection extends Section {
  private readonly menu: AttributeMenu;
  private readonly plot: HistogramPlot;
  private readonly readout = h("div", { class: "swi-readout" }, HINT);
  private readonly bounds: [NumberField, NumberField];
  private readonly table = h("tbody");
  private isWhole = false; // the axis goes from the smallest to the largest value
  private counts: Histogram | undefined;
  private statisticsOfAll: { values: Float32Array; found: Statistics } | undefined;
  private range: Range = [null, null];

  constructor(private readonly session: Parts) {
    super("Histogram", true, "histogram");
    const { traits, changes } = session;
    this.menu = new AttributeMenu("Attribute of the histogram", undefined, (name) =>
      session.choice.choose("histogram", name),
    );
    const logValue = toggle({ text: "log x", label: "Logarithmic values" }, (on) =>
      traits.set("histogram_log", on),
    );
    const logCount = toggle({ text: "log n", label: "Logarithmic counts" }, (on) =>
      traits.set("histogram_log_count", on),
    );
    const whole = toggle(
      { text: "all", label: "Axis from the smallest to the largest value" },
      (on) => {
        this.isWhole = on;
        whole.set(on);
        this.count();
      },
    );
    this.plot = new HistogramPlot({
      brush: (range) => this.setRange(range),
      done: (event) => this.select(event),
      hover: (bin) => this.describeBin(bin),
    });
    const bound = (label: string, end: 0 | 1) =>
      new NumberField(label, (value) => {
        this.setRange(end ? [this.range[0], value] : [value, this.range[1]]);
      });
    this.bounds = [
      bound("Lower bound of the selection", 0),
      bound("Upper bound of the selection", 1),
    ];
    const select = button(
      { text: "Select", label: "Select this range", class: "swi-select-range" },
      (event) => this.select(event),
    );
    const options = [logValue.element, logCount.element, whole.element, this.readout];
    const heads = COLUMNS.map((name) => h("th", { scope: "col" }, name));
    this.body.append(
      h("div", { class: "swi-row" }, this.menu.element),
      h("div", { class: "swi-row swi-options" }, ...options),
      this.plot.canvas.element,
      row("Range", this.bounds[0].element, "–", this.bounds[1].element, select),
      h(
        "table",
        { class: "swi-statistics" },
        h("thead", {}, h("tr", {}, h("td"), ...heads)),
        this.table,
      ),
    );
    this.cleanup.add(
      traits.bind("catalogue", (items) => this.menu.setItems(items)),
      traits.bind("histogram_attribute", () => {
        this.setRange([null, null]);
        this.update();
      }),
      traits.bind("histogram_log", (on) => {
        logValue.set(on);
        this.count();
      }),
      traits.bind("histogram_log_count", (on) => {
        logCount.set(on);
        this.plot.setLogCount(on);
      }),
      changes.on("selection", () => this.count()),
      changes.on("channel", (name) => {
        if (name === this.name) this.update();
      }),
      changes.on("scene", () => this.update()),
      changes.on("theme", () => this.plot.canvas.request()),
      () => this.plot.dispose(),
    );
  }

  private get name(): string {
    return this.session.traits.get("histogram_attribute");
  }

  private get title(): string {
    const item = this.session.traits.attribute(this.name);
    return item ? titled(item.label, item.unit) : this.name;
  }

  protected override update(): void {
    this.menu.set(this.name);
    this.note(this.title);
    if (this.isOpen) this.session.attributes.request(this.name);
    this.count();
  }

  private count(): void {
    const { attributes, selection, traits } = this.session;
    const channel = attributes.get(this.name);
    if (!channel || !this.isOpen) {
      this.counts = undefined;
      delete this.element.dataset.attribute;
      this.table.replaceChildren();
      this.plot.show(undefined, attributes.waiting.includes(this.name) ? "Loading …" : "");
      return;
    }
    const { values } = channel;
    if (this.statisticsOfAll?.values !== values)
      this.statisticsOfAll = { values, found: statistics(values) };
    const all = this.statisticsOfAll.found;
    const log = traits.get("histogram_log");
    const [low, high] = this.isWhole ? [all.min, all.max] : limitsOf(channel, log);
    this.counts = histogram(values, scaleOf(low, high, log), BINS, selection.mask);
    const selected = selection.count ? statistics(values, selection.mask) : undefined;
    this.table.replaceChildren(statisticsRow("All", all), statisticsRow("Selected", selected));
    this.plot.canvas.element.setAttribute(
      "aria-label",
      `Histogram of ${this.title}: ${formatCount(all.count)} values ` +
        `from ${formatValue(all.min)} to ${formatValue(all.max)}, median ${formatValue(all.median)}`,
    );
    this.element.dataset.attribute = this.name;
    this.plot.show(this.counts, "");
  }

  private setRange(range: Range): void {
    this.range = range;
    this.bounds[0].set(range[0], "lowest");
    this.bounds[1].set(range[1], "highest");
    this.plot.setRange(range);
  }

  private select(event: MouseEvent): void {
    if (!this.name) return;
    const [low, high] = this.range;
    if (low !== null && high !== null && low > high) this.setRange([high, low]);
    const { selection } = this.session;
    void selection.selectRange(this.name, ...this.range, selection.modeOf(event));
  }

  private describeBin(bin: number): void {
    if (bin < 0 || !this.counts) {
      this.readout.textContent = HINT;
      return;
    }
    const { edges, all, selected } = this.counts;
    const part = this.session.selection.count ? `, ${formatCount(selected[bin])} selected` : "";
    this.readout.textContent =
      `${formatValue(edges[bin], 3)} to ${formatValue(edges[bin + 1], 3)}: ` +
      `${formatCount(all[bin])}${part}`;
  }
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
