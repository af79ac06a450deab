// The attribute that colour, histogram and maps show: a choice in one menu is one in all three, unless
// they are unlinked. Splats in their own colours keep them when a plot's attribute is chosen.
import type { Traits } from "./traits";

/** What an attribute is chosen for. */
export type Place = "colour" | "histogram" | "map";

const PLOTS: readonly Place[] = ["histogram", "map"];

export class AttributeChoice {
  constructor(private readonly traits: Traits) {}

  /** @param name of an attribute; "" for the splats' own colours. */
  choose(place: Place, name: string): void {
    const { traits } = this;
    const linked = traits.get("one_attribute") && name !== "";
    const isColoured = traits.get("color_by") !== "";
    const places = linked ? [...PLOTS, ...(isColoured ? (["colour"] as const) : [])] : [];
    for (const one of new Set<Place>([place, ...places])) this.set(one, name);
  }

  /** Links the three, or lets each have an attribute of its own. */
  link(on: boolean): void {
    this.traits.set("one_attribute", on);
    const name = this.traits.get("color_by") || this.traits.get("histogram_attribute");
    if (on && name) this.choose("histogram", name);
  }

  private set(place: Place, name: string): void {
    const { traits } = this;
    const log = traits.attribute(name)?.log ?? false;
    if (place === "map") traits.set("map_attribute", name);
    else if (place === "histogram") {
      traits.set("histogram_attribute", name);
      traits.set("histogram_log", log);
    } else {
      traits.set("color_range", []);
      traits.set("color_log", log);
      traits.set("color_by", name);
    }
  }
}
