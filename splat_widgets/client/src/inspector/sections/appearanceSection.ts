// What is drawn of the Gaussians: of which photos, how opaque, with which what-if overrides. Their
// size is set under the picture.
import { h } from "../../page/dom";
import type { InspectorState } from "../../page/state.gen";
import { button, row, toggle } from "../controls/buttons";
import { ICONS } from "../controls/icons";
import { formatValue } from "../plots/numbers";
import type { Session } from "../session";
import { PhotoChoice } from "./photoChoice";
import { Section } from "./section";

type Override = InspectorState["overrides"][number];

const OVERRIDES: { value: Override; text: string; label: string; paired: boolean }[] = [
  { value: "opaque", text: "Opacity 1", label: "As if every opacity were 1", paired: false },
  {
    value: "isotropic",
    text: "Round",
    label: "As if the three scales were equal, with the same volume",
    paired: false,
  },
  {
    value: "no_offset",
    text: "No offset",
    label: "At the network's points, without the offset that its Gaussian head adds",
    paired: true,
  },
  {
    value: "photo_colour",
    text: "Photo colour",
    label: "In the colour of the photo's pixel instead of the predicted one",
    paired: true,
  },
];

export class AppearanceSection extends Section {
  constructor({ traits }: Pick<Session, "traits">) {
    super("What if", false, "appearance");
    const photos = new PhotoChoice(traits);
    const opacity = multiplier("Opacity", 0, 4, (value) => traits.set("opacity_scale", value));
    const overrides = OVERRIDES.map((one) => ({
      ...one,
      button: toggle(one, (on) => {
        const rest = traits.get("overrides").filter((name) => name !== one.value);
        traits.set("overrides", on ? [...rest, one.value] : rest);
      }),
    }));
    const predicted = button({ text: "Reset", icon: ICONS.undo, label: "As predicted" }, () => {
      traits.set("overrides", []);
      traits.set("opacity_scale", 1);
      traits.set("splat_scale", 1);
    });
    this.body.append(
      photos.element,
      opacity.element,
      h(
        "div",
        { class: "swi-row swi-wrap", role: "group", "aria-label": "What if" },
        ...overrides.map((one) => one.button.element),
        predicted,
      ),
    );
    const show = () => {
      const active = traits.get("overrides");
      for (const one of overrides) one.button.set(active.includes(one.value));
      opacity.set(traits.get("opacity_scale"));
      const shown = traits.get("shown_photos");
      photos.set(shown);
      const changed =
        active.length > 0 || traits.get("opacity_scale") !== 1 || traits.get("splat_scale") !== 1;
      predicted.disabled = !changed;
      const only = shown.length ? `, photo ${shown.map((photo) => photo + 1).join(", ")} only` : "";
      this.note((changed ? "not as predicted" : "as predicted") + only);
    };
    this.cleanup.add(
      ...traits.bindAll(["overrides", "opacity_scale", "splat_scale", "shown_photos"], show),
      traits.bind("scene_info", ({ kind, photos: known }) => {
        photos.offer(known?.map(({ name }) => name) ?? []);
        for (const one of overrides)
          one.button.element.hidden = one.paired && kind !== "reconstruction";
      }),
    );
  }
}

/** A slider for a factor; a double-click sets 1. */
function multiplier(
  label: string,
  low: number,
  high: number,
  change: (value: number) => void,
): { element: HTMLElement; set: (value: number) => void } {
  const input = h("input", {
    type: "range",
    min: low,
    max: high,
    step: 0.05,
    "aria-label": `${label}, factor`,
    title: "Double-click for 1",
  });
  const shown = h("output", { class: "swi-factor" });
  input.addEventListener("input", () => change(input.valueAsNumber));
  input.addEventListener("dblclick", () => change(1));
  return {
    element: row(label, input, shown),
    set: (value) => {
      input.value = String(value);
      shown.textContent = `× ${formatValue(value, 3)}`;
    },
  };
}
