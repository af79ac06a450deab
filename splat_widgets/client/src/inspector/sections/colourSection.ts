// What colours the splats: attribute, colormap, range, logarithmic scale.

import { h } from "../../page/dom";
import { COLORMAPS } from "../../page/state.gen";
import { COLOUR_TRAITS } from "../colouring";
import { AttributeMenu } from "../controls/attributeMenu";
import { button, row, toggle } from "../controls/buttons";
import { ICONS } from "../controls/icons";
import { RangeField } from "../controls/rangeField";
import { titled } from "../plots/numbers";
import { scaleOf } from "../plots/scale";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "choice" | "colouring" | "changes">;

export class ColourSection extends Section {
  private readonly menu: AttributeMenu;
  private readonly maps = h("select", { "aria-label": "Colours of the scale" });
  private readonly own = h("option", { value: "" });
  private readonly log: ReturnType<typeof toggle>;
  private readonly range: RangeField;
  private readonly reset: HTMLButtonElement;
  private readonly about = h("p", { class: "swi-about" });
  private readonly scaleRows: HTMLElement[];

  constructor(private readonly session: Parts) {
    super("Colour", true, "colour");
    this.menu = new AttributeMenu("Colour by", "Its own colours", (name) =>
      session.choice.choose("colour", name),
    );
    const link = toggle(
      {
        icon: ICONS.link,
        label: "One attribute for colour, histogram and maps",
        class: "sw-plain sw-icon",
      },
      (on) => session.choice.link(on),
    );
    this.maps.append(this.own, ...COLORMAPS.map((name) => h("option", { value: name }, name)));
    this.maps.addEventListener("change", () =>
      session.traits.set("colormap", this.maps.value as (typeof COLORMAPS)[number] | ""),
    );
    this.log = toggle({ text: "log", label: "Logarithmic colour scale" }, (on) => {
      session.traits.set("color_range", []);
      session.traits.set("color_log", on);
    });
    this.range = new RangeField(
      ["Range of the colours", "Lowest value of the colours", "Highest value of the colours"],
      (bounds) => this.setRange(...bounds),
      (bounds) => this.expects(...bounds),
    );
    this.reset = button(
      { icon: ICONS.undo, label: "The attribute's own range", class: "sw-plain sw-icon" },
      () => session.traits.set("color_range", []),
    );
    this.scaleRows = [
      row("Scale", this.maps, this.log.element),
      row("Range", ...this.range.elements, this.reset),
    ];
    this.body.append(row("By", this.menu.element, link.element), ...this.scaleRows, this.about);
    this.cleanup.add(
      session.traits.bind("catalogue", (items) => this.menu.setItems(items)),
      session.traits.bind("one_attribute", (on) => link.set(on)),
      ...session.traits.bindAll(COLOUR_TRAITS, () => this.show()),
      session.changes.on("channel", (name) => {
        if (name === session.traits.get("color_by")) this.show();
      }),
    );
  }

  /** Bounds as a range of the colours, null being the attribute's own; undefined if unusable. */
  private rangeOf(low: number | null, high: number | null): [number, number] | undefined {
    const limits = this.session.colouring.limits();
    if (!limits) return undefined;
    const range: [number, number] = [low ?? limits[0], high ?? limits[1]];
    return range[0] < range[1] ? range : undefined;
  }

  // What is expected instead of bounds that cannot be a range of colours.
  private expects(low: number | null, high: number | null): string {
    const range = this.rangeOf(low, high);
    if (!range) return "a lowest value below the highest one";
    if (this.session.traits.get("color_log") && range[0] <= 0)
      return "numbers above 0 on a logarithmic scale";
    return "";
  }

  private setRange(low: number | null, high: number | null): void {
    const range = this.rangeOf(low, high);
    const limits = this.session.colouring.limits();
    if (!range || !limits) return; // both thumbs in one place
    const own = range[0] === limits[0] && range[1] === limits[1];
    this.session.traits.set("color_range", own ? [] : range);
  }

  private show(): void {
    const { session } = this;
    const name = session.traits.get("color_by");
    const item = session.traits.attribute(name);
    this.menu.set(name);
    this.note(item ? titled(item.label, item.unit) : "");
    for (const element of this.scaleRows) element.hidden = !name;
    this.about.hidden = !name;
    this.about.textContent = item?.description || item?.formula || "";
    this.about.title = item ? `${item.formula} (${item.source})` : "";
    this.own.textContent = item ? `${item.colormap} (its own)` : "its own";
    this.maps.value = session.traits.get("colormap");
    this.log.set(session.traits.get("color_log"));
    this.reset.disabled = session.traits.get("color_range").length === 0;
    const limits = session.colouring.limits();
    const colour = session.colouring.colour();
    if (!limits || !colour) {
      this.range.set([null, null], undefined);
      return;
    }
    const { low, high, log } = colour;
    const scale = scaleOf(Math.min(low, limits[0]), Math.max(high, limits[1]), log);
    this.range.set([low, high], scale);
  }
}
