// Ranges of attributes outside of which splats are hidden.
import { activeElement, h } from "../../page/dom";
import { AttributeMenu } from "../controls/attributeMenu";
import { button } from "../controls/buttons";
import { type Bounds, DoubleSlider } from "../controls/doubleSlider";
import { ICONS } from "../controls/icons";
import { NumberField } from "../controls/numberField";
import { formatCount, formatValue, titled } from "../plots/numbers";
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
  private readonly slider: DoubleSlider;
  private readonly fields: [NumberField, NumberField];
  private readonly title = h("span", { class: "swi-label" });

  constructor(
    private readonly session: Parts,
    private readonly name: string,
  ) {
    const item = session.traits.attribute(name);
    const label = titled(item?.label ?? name, item?.unit ?? "");
    this.title.textContent = label;
    this.title.title = item?.description ?? "";
    this.slider = new DoubleSlider(label, (bounds) => this.change(bounds));
    const field = (words: string, end: 0 | 1) =>
      new NumberField(
        `${words} of ${label}`,
        (value) => {
          const bounds = this.bounds;
          this.change(end === 0 ? [value, bounds[1]] : [bounds[0], value]);
        },
        (value) => {
          const other = this.bounds[end === 0 ? 1 : 0];
          return value === null || other === null || (end === 0 ? value <= other : value >= other);
        },
      );
    this.fields = [field("Lower bound", 0), field("Upper bound", 1)];
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
      h("div", { class: "swi-row" }, this.title, remove),
      h(
        "div",
        { class: "swi-row" },
        this.fields[0].element,
        this.slider.element,
        this.fields[1].element,
      ),
    );
  }

  private get bounds(): Bounds {
    return this.session.traits.get("filters")[this.name] ?? [null, null];
  }

  focus(): void {
    this.element.querySelector("input")?.focus();
  }

  private change(bounds: Bounds): void {
    const filters = this.session.traits.get("filters");
    this.session.traits.set("filters", { ...filters, [this.name]: [bounds[0], bounds[1]] });
  }

  show(): void {
    const channel = this.session.attributes.get(this.name);
    const log = this.session.traits.attribute(this.name)?.log ?? false;
    const limits = channel && (log ? channel.limitsLog : channel.limits);
    this.slider.disabled = !limits;
    const [low, high] = this.bounds;
    this.fields[0].set(low, limits ? formatValue(limits[0], 3) : "");
    this.fields[1].set(high, limits ? formatValue(limits[1], 3) : "");
    if (limits) this.slider.set(this.bounds, scaleOf(limits[0], limits[1], log));
  }
}
