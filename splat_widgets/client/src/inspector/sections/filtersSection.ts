// Filters: ranges of attributes; splats outside them are hidden.
import { activeElement, h } from "../../page/dom";
import { limitsOf } from "../attributeStore";
import { AttributeMenu } from "../controls/attributeMenu";
import { button } from "../controls/buttons";
import { ICONS } from "../controls/icons";
import { RangeField } from "../controls/rangeField";
import { formatCount, titled } from "../plots/numbers";
import { scaleOf } from "../plots/scale";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "attributes" | "colouring" | "inspection" | "changes">;

export class FiltersSection extends Section {
  private readonly menu: AttributeMenu;
  private readonly list = h("div", { class: "swi-filters-list" });
  private readonly count = h("output", { class: "swi-count", "aria-live": "polite" });
  private readonly clear: HTMLButtonElement;
  private readonly rows = new Map<string, FilterRow>();

  constructor(private readonly session: Parts) {
    super("Filters", true, "filters");
    this.menu = new AttributeMenu("Add a filter", "Add a filter …", (name) => {
      this.menu.set("");
      if (!name) return;
      session.traits.set("filters", { [name]: [null, null], ...session.traits.get("filters") });
      this.rows.get(name)?.focus();
    });
    this.clear = button({ text: "Clear", label: "Remove every filter", class: "sw-plain" }, () => {
      session.traits.set("filters", {});
      this.menu.element.focus();
    });
    this.body.append(
      h("div", { class: "swi-row" }, this.menu.element, this.clear),
      this.list,
      this.count,
    );
    this.cleanup.add(
      session.traits.bind("catalogue", (items) => {
        this.menu.setItems(items);
        this.show();
      }),
      session.traits.bind("filters", () => this.show()),
      session.changes.on("shown", () => this.showCount()),
      session.changes.on("channel", (name) => this.rows.get(name)?.show()),
      session.changes.on("scene", () => this.show()),
    );
  }

  private show(): void {
    const filters = this.session.traits.get("filters");
    const names = Object.keys(filters);
    for (const [name, row] of this.rows) {
      if (name in filters) continue;
      const hadFocus = row.element.contains(activeElement(row.element));
      row.element.remove();
      this.rows.delete(name);
      if (hadFocus) this.menu.element.focus();
    }
    for (const name of names) {
      if (!this.rows.has(name)) {
        const row = new FilterRow(this.session, name);
        this.rows.set(name, row);
        this.list.prepend(row.element);
      }
      this.session.attributes.request(name);
      this.rows.get(name)?.show();
    }
    this.clear.hidden = names.length === 0;
    this.showCount();
  }

  private showCount(): void {
    const names = Object.keys(this.session.traits.get("filters"));
    const { shownCount } = this.session.colouring;
    const { count } = this.session.inspection;
    this.count.textContent = `${formatCount(shownCount)} of ${formatCount(count)} shown`;
    this.note(names.length ? `${names.length} · ${formatCount(shownCount)} shown` : "none");
  }
}

class FilterRow {
  readonly element: HTMLElement;
  private readonly range: RangeField;

  constructor(
    private readonly session: Parts,
    private readonly name: string,
  ) {
    const item = session.traits.attribute(name);
    const label = titled(item?.label ?? name, item?.unit ?? "");
    this.range = new RangeField(
      [label, `Lower bound of ${label}`, `Upper bound of ${label}`],
      ([low, high]) => {
        const filters = session.traits.get("filters");
        session.traits.set("filters", { ...filters, [name]: [low, high] });
      },
    );
    const remove = button(
      { icon: ICONS.close, label: `Remove the filter ${label}`, class: "sw-plain sw-icon" },
      () => {
        const { [name]: _, ...rest } = session.traits.get("filters");
        session.traits.set("filters", rest);
      },
    );
    this.element = h(
      "div",
      { class: "swi-filter", role: "group", "aria-label": `Filter ${label}` },
      h(
        "div",
        { class: "swi-row" },
        h("span", { class: "swi-label", title: item?.description }, label),
        remove,
      ),
      h("div", { class: "swi-row" }, ...this.range.elements),
    );
  }

  focus(): void {
    this.element.querySelector("input")?.focus();
  }

  show(): void {
    const { traits, attributes } = this.session;
    const channel = attributes.get(this.name);
    const log = traits.attribute(this.name)?.log ?? false;
    const scale = channel && scaleOf(...limitsOf(channel, log), log);
    this.range.set(traits.get("filters")[this.name] ?? [null, null], scale);
  }
}
