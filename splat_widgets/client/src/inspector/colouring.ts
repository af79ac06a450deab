// How the splats look: coloured by an attribute, filtered, altered by what-if overrides. Applies the
// traits to the picture and loads the attributes that they name.

import { colormap } from "../engine/colormaps";
import type { Inspection } from "../engine/inspection";
import { Owner } from "../page/dom";
import { type AttributeStore, limitsOf } from "./attributeStore";
import type { Changes } from "./changes";
import type { Scale } from "./plots/scale";
import type { Traits } from "./traits";

/** The colours of the splats: which map over which values. */
export type Colour = Scale & { map: string };

/** Traits that the scale of the colours depends on. */
export const COLOUR_TRAITS = [
  "color_by",
  "color_range",
  "color_log",
  "colormap",
  "catalogue",
] as const;

export class Colouring extends Owner {
  shownCount = 0;

  constructor(
    private readonly traits: Traits,
    private readonly inspection: Inspection,
    private readonly attributes: AttributeStore,
    private readonly changes: Changes,
  ) {
    super();
    const look = ["filters", "shown_photos", "overrides", "opacity_scale", "isolate"] as const;
    this.cleanup.add(
      ...traits.bindAll([...COLOUR_TRAITS, ...look], () => this.apply()),
      changes.on("selection", () => {
        if (traits.get("isolate")) this.countShown();
      }),
    );
  }

  /** The range in which the attribute is coloured by default; undefined until its values arrive. */
  limits(): [number, number] | undefined {
    const channel = this.attributes.get(this.traits.get("color_by"));
    return channel && limitsOf(channel, this.traits.get("color_log"));
  }

  /** The scale of the colours; undefined without one, or until its values arrive. */
  colour(): Colour | undefined {
    const { traits } = this;
    const limits = this.limits();
    if (!limits) return undefined;
    const range = traits.get("color_range");
    const [low, high] = range.length === 2 ? range : limits;
    const own = traits.attribute(traits.get("color_by"))?.colormap;
    return {
      low,
      high,
      log: traits.get("color_log"),
      map: traits.get("colormap") || own || "viridis",
    };
  }

  /** Gives the picture values that have arrived. */
  addChannel(name: string, values: Float32Array): void {
    this.inspection.setChannel(name, values);
    if (name === this.traits.get("color_by")) this.apply();
    else this.countShown();
  }

  apply(): void {
    const { traits } = this;
    const channel = traits.get("color_by");
    const colour = this.colour();
    const filters = Object.entries(traits.get("filters"));
    this.inspection.setLook(
      {
        colour: colour ? { ...colour, channel, map: colormap(colour.map) } : null,
        filters: filters.map(([name, [low, high]]) => ({ channel: name, low, high })),
        opacityScale: traits.get("opacity_scale"),
        overrides: traits.get("overrides"),
        isolate: traits.get("isolate"),
      },
      traits.get("shown_photos"),
    );
    for (const name of new Set([channel, ...this.inspection.missing]))
      this.attributes.request(name);
    this.countShown();
  }

  private countShown(): void {
    const count = this.inspection.numShown;
    if (count === this.shownCount) return;
    this.shownCount = count;
    this.changes.emit("shown", undefined);
  }
}
