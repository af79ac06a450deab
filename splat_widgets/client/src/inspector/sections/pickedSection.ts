// The picked Gaussian: its values, its pixel, the other contributors to the clicked pixel.
import { h } from "../../page/dom";
import type { PickedAnswer } from "../../page/state.gen";
import { byGroup, groupTitle } from "../controls/attributeMenu";
import { button } from "../controls/buttons";
import { formatCount, formatValue } from "../plots/numbers";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "selection" | "picker" | "changes">;

const STACK_SHOWN = 8;

export class PickedSection extends Section {
  private readonly empty = h(
    "p",
    { class: "swi-about" },
    "Click a splat in the picture. Alt-click steps through those behind it; on the picture, Enter picks in the middle.",
  );
  private readonly title = h("div", { class: "swi-picked-title" });
  private readonly source = h("div", { class: "swi-picked-source" });
  private readonly stack = h("ol", { class: "swi-stack", "aria-label": "Contributors, ranked" });
  private readonly search = h("input", {
    type: "search",
    class: "swi-search",
    placeholder: "Find an attribute",
    "aria-label": "Find an attribute of the picked Gaussian",
  });
  private readonly table = h("table", { class: "swi-values" });
  private readonly full = h("div", { hidden: true });
  private url = "";

  constructor(private readonly session: Parts) {
    super("Picked", false, "picked");
    const add = button(
      { text: "Add to selection", label: "Add this Gaussian to the selection" },
      () => session.selection.selectWire(session.picker.picked?.wire ?? -1, "add"),
    );
    const clear = button({ text: "Clear", label: "Pick nothing", class: "sw-plain" }, () =>
      session.picker.pickWire(-1),
    );
    this.full.append(
      h("div", { class: "swi-row" }, this.title, add, clear),
      this.source,
      h("h4", {}, "Contributors to the pixel"),
      this.stack,
      this.search,
      h(
        "div",
        { class: "swi-values-frame", tabindex: 0, role: "group", "aria-label": "Values" },
        this.table,
      ),
    );
    this.body.append(this.empty, this.full);
    this.search.addEventListener("input", () => this.filter());
    this.cleanup.add(
      session.changes.on("picked", ({ isNew }) => {
        if (isNew && session.picker.picked) this.element.open = true;
        this.show();
      }),
      () => URL.revokeObjectURL(this.url),
    );
    this.show();
  }

  private show(): void {
    const picked = this.session.picker.picked;
    this.empty.hidden = picked !== undefined;
    this.full.hidden = picked === undefined;
    URL.revokeObjectURL(this.url);
    this.url = "";
    this.note(picked ? `#${formatCount(picked.index)}` : "none");
    if (!picked) return;
    this.title.textContent = `Gaussian ${formatCount(picked.index)}`;
    this.showSource(picked);
    this.showStack(picked);
    this.showValues(picked);
  }

  private showSource({ source }: PickedAnswer): void {
    this.source.hidden = !source;
    if (!source) return;
    const words = h(
      "div",
      {},
      h("strong", {}, source.photo || `Photo ${source.view + 1}`),
      h("div", {}, `row ${source.row}, column ${source.col} of the crop`),
      h("div", {}, `(${formatValue(source.x)}, ${formatValue(source.y)}) px of the photo`),
    );
    const { pickedPicture } = this.session.picker;
    if (!pickedPicture) {
      this.source.replaceChildren(words);
      return;
    }
    this.url = URL.createObjectURL(pickedPicture);
    const alt = `The photo around row ${source.row}, column ${source.col}`;
    this.source.replaceChildren(h("img", { src: this.url, alt, width: 88, height: 88 }), words);
  }

  private showStack({ stack, wire }: PickedAnswer): void {
    const rest = stack.slice(STACK_SHOWN).reduce((sum, entry) => sum + entry.weight, 0);
    this.stack.replaceChildren(
      ...stack.slice(0, STACK_SHOWN).map((entry, i) => {
        const percent = `${(100 * entry.weight).toFixed(entry.weight < 0.1 ? 1 : 0)} %`;
        const name = `#${formatCount(entry.index)}`;
        const made = button(
          { label: `Pick Gaussian ${entry.index}, ${percent} of the pixel`, class: "swi-entry" },
          () => this.session.picker.pickFromStack(i),
        );
        made.setAttribute("aria-pressed", String(entry.wire === wire));
        const bar = h("span", { class: "swi-weight" });
        bar.style.setProperty("--weight", String(entry.weight));
        made.append(h("span", {}, name), bar, h("span", {}, percent));
        made.addEventListener("pointerenter", () => this.session.picker.hover(entry.wire));
        made.addEventListener("pointerleave", () => this.session.picker.hover(-1));
        return h("li", {}, made);
      }),
    );
    if (stack.length > STACK_SHOWN)
      this.stack.append(
        h(
          "li",
          { class: "swi-rest" },
          `${stack.length - STACK_SHOWN} more, together ${(100 * rest).toFixed(1)} %`,
        ),
      );
    (this.stack.previousElementSibling as HTMLElement).hidden = stack.length === 0;
  }

  private showValues({ values }: PickedAnswer): void {
    const items = this.session.traits.get("catalogue").filter(({ name }) => name in values);
    this.table.replaceChildren(
      ...[...byGroup(items)].map(([group, members]) =>
        h(
          "tbody",
          {},
          h("tr", {}, h("th", { colspan: 3, scope: "rowgroup" }, groupTitle(group))),
          ...members.map((item) =>
            h(
              "tr",
              { "data-name": item.name, title: item.formula },
              h("th", { scope: "row" }, item.label),
              h("td", {}, formatValue(values[item.name], 6)),
              h("td", {}, item.unit),
            ),
          ),
        ),
      ),
    );
    this.filter();
  }

  private filter(): void {
    const wanted = this.search.value.trim().toLowerCase();
    for (const body of this.table.tBodies) {
      let any = false;
      for (const line of [...body.rows].slice(1)) {
        const text = `${line.dataset.name} ${line.cells[0].textContent}`.toLowerCase();
        line.hidden = !text.includes(wanted);
        any ||= !line.hidden;
      }
      body.hidden = !any;
    }
  }
}
