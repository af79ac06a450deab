// The scenes in numbers: one row for each attribute, one column for each scene.
import { formatCount, formatValue, titled } from "../inspector/plots/numbers";
import { h } from "../page/dom";
import type { NumbersCompared, NumbersFound } from "../page/state.gen";
import type { Asking } from "./asking";
import { FoundSection } from "./foundSection";

export class NumbersSection extends FoundSection {
  constructor(asking: Asking) {
    super("Numbers side by side", "numbers", asking);
    this.content.classList.add("swc-scroll");
  }

  protected request(): void {
    this.asking.ask({ kind: "numbers" }, (answer) => this.show(answer));
  }

  private show({ problem, found }: NumbersCompared): void {
    this.say(problem || "Median, and from the 1st to the 99th percentile.", Boolean(problem));
    this.content.replaceChildren(...(found ? [table(found)] : []));
  }
}

function table({ titles, rows }: NumbersFound): HTMLTableElement {
  const head = ["", ...titles].map((title) => h("th", { scope: "col", title }, title));
  const counts = (rows[0]?.cells ?? []).map(({ count }) => h("td", {}, formatCount(count)));
  const body = rows.map(({ label, unit, cells }) => {
    const name = titled(label, unit);
    const shown = cells.map(({ median, p1, p99 }) =>
      h(
        "td",
        {},
        formatValue(median),
        h("span", { class: "swc-range" }, `${formatValue(p1, 3)} … ${formatValue(p99, 3)}`),
      ),
    );
    return h("tr", {}, h("th", { scope: "row", title: name }, name), ...shown);
  });
  return h(
    "table",
    { class: "swc-table" },
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, h("tr", {}, h("th", { scope: "row" }, "Finite values"), ...counts), ...body),
  );
}
