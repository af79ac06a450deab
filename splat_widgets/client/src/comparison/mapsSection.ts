// How an attribute differs between the two: maps of the photos' pixels, a histogram, numbers.
import { AttributeMenu } from "../inspector/controls/attributeMenu";
import { HistogramPlot } from "../inspector/plots/histogramPlot";
import { formatCount, formatValue, titled } from "../inspector/plots/numbers";
import { ScaleBar } from "../inspector/plots/scaleBar";
import { h } from "../page/dom";
import type { AttributeItem, ComparedNumbers, MapsCompared, MapsFound } from "../page/state.gen";
import type { Asking } from "./asking";
import { drawn } from "./drawn";
import { FoundSection } from "./foundSection";

export type Wanted = { pair: number[]; attribute: string };

const BAR_PX = 300;
const COLUMNS = ["median", "p1", "p99", "mean"] as const;
const IDLE = { brush() {}, done() {}, hover() {} };

export class MapsSection extends FoundSection {
  private readonly menu: AttributeMenu;
  private readonly maps = h("div", { class: "swc-maps" });
  private readonly numbers = h("div", { class: "swc-scroll" });
  private readonly bar = new ScaleBar("swc-scale", BAR_PX);
  private readonly plot = new HistogramPlot(IDLE);
  private readonly outside = h("p", { class: "swc-numbers" });

  /** @param wanted what is to be compared now. */
  constructor(
    asking: Asking,
    private readonly wanted: () => Wanted,
    choose: (name: string) => void,
  ) {
    super("Attribute differences", "maps", asking);
    this.menu = new AttributeMenu("Attribute to compare", undefined, choose);
    this.body.prepend(h("div", { class: "swc-field" }, this.menu.element));
    const plot = h("div", { class: "swc-histogram" }, this.plot.canvas.element, this.outside);
    this.content.append(this.numbers, this.bar.element, this.maps, plot);
    this.content.hidden = true;
    this.cleanup.add(() => this.plot.dispose());
  }

  setItems(items: AttributeItem[]): void {
    this.menu.setItems(items);
  }

  choose(name: string): void {
    this.menu.set(name);
    this.outdate();
  }

  protected request(): void {
    const wanted = this.wanted();
    if (!wanted.attribute) return;
    this.asking.ask({ kind: "maps", ...wanted }, (answer, buffers) => this.show(answer, buffers));
  }

  private async show({ problem, found }: MapsCompared, files: DataView[]): Promise<void> {
    this.content.hidden = !found;
    this.say(problem, true);
    if (!found) return;
    const hasMaps = !found.lack;
    if (found.lack) this.say(`No maps: ${found.lack}.`);
    for (const part of [this.bar.element, this.maps, this.plot.canvas.element, this.outside])
      part.hidden = !hasMaps;
    this.numbers.replaceChildren(table(hasMaps ? found.rows : found.rows.slice(0, 2)));
    if (!hasMaps) return;
    this.showHistogram(found);
    const title = `${titled(found.label, found.unit)}: ${found.rows[2].title}`;
    const scale = { low: found.low, high: found.high, log: false };
    this.bar.show(title, scale, found.colormap);
    const figures = files.map((file, i) => drawn(file, found.photos[i], "swc-map"));
    this.maps.replaceChildren(...(await Promise.all(figures)));
  }

  private showHistogram(found: MapsFound): void {
    const all = Uint32Array.from(found.counts);
    this.plot.show(
      {
        scale: { low: found.low, high: found.high, log: false },
        edges: Float64Array.from(found.edges),
        all,
        selected: new Uint32Array(all.length),
        below: 0,
        above: 0,
        nan: 0,
      },
      "",
    );
    this.plot.canvas.element.setAttribute("aria-label", `Histogram of ${found.label}`);
    const total = found.rows[2].count;
    this.outside.textContent =
      `${formatCount(total)} pixels that both have` +
      (found.outside ? `, ${formatCount(found.outside)} of them beyond the axis.` : ".");
  }
}

function table(rows: ComparedNumbers[]): HTMLTableElement {
  const head = ["", "count", ...COLUMNS].map((name) => h("th", { scope: "col" }, name));
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      h("th", { scope: "row", title: row.title }, row.title),
      h("td", {}, formatCount(row.count)),
      ...COLUMNS.map((name) => h("td", {}, formatValue(row[name]))),
    ),
  );
  return h(
    "table",
    { class: "swc-table" },
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...body),
  );
}
