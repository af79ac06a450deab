// What is drawn of the Gaussians: of which photos, how opaque, how large, with which what-if overrides.
import { h } from "../../page/dom";
import type { InspectorState } from "../../page/state.gen";
import { button, row, toggle } from "../controls/buttons";
import { ICONS } from "../controls/icons";
import { formatValue } from "../plots/numbers";
import type { Session } from "../session";
import type { Traits } from "../traits";
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
  constructor(session: Pick<Session, "traits">) {
    super("What if", false, "appearance");
    const photos = new PhotoChoice(session.traits);
    const opacity = multiplier("Opacity", 0, 4, (value) =>
      session.traits.set("opacity_scale", value),
    );
    const size = multiplier("Size", 0.05, 4, (value) => session.traits.set("splat_scale", value));
    const overrides = OVERRIDES.map((one) => ({
      ...one,
      button: toggle(one, (on) => {
        const rest = session.traits.get("overrides").filter((name) => name !== one.value);
        session.traits.set("overrides", on ? [...rest, one.value] : rest);
      }),
    }));
    const predicted = button({ text: "Reset", icon: ICONS.undo, label: "As predicted" }, () => {
      session.traits.set("overrides", []);
      session.traits.set("opacity_scale", 1);
      session.traits.set("splat_scale", 1);
    });
    this.body.append(
      photos.element,
      opacity.element,
      size.element,
      h(
        "div",
        { class: "swi-row swi-wrap", role: "group", "aria-label": "What if" },
        ...overrides.map((one) => one.button.element),
        predicted,
      ),
    );
    const show = () => {
      const active = session.traits.get("overrides");
      for (const one of overrides) one.button.set(active.includes(one.value));
      opacity.set(session.traits.get("opacity_scale"));
      size.set(session.traits.get("splat_scale"));
      const shown = session.traits.get("shown_photos");
      photos.set(shown);
      const changed =
        active.length > 0 ||
        session.traits.get("opacity_scale") !== 1 ||
        session.traits.get("splat_scale") !== 1;
      predicted.disabled = !changed;
      const parts = [
        changed ? "not as predicted" : "as predicted",
        ...(shown.length ? [`photo ${shown.map((photo) => photo + 1).join(", ")} only`] : []),
      ];
      this.note(parts.join(", "));
    };
    this.cleanup.add(
      ...(["overrides", "opacity_scale", "splat_scale", "shown_photos"] as const).map((key) =>
        session.traits.bind(key, show),
      ),
      session.traits.bind("scene_info", ({ kind, views }) => {
        photos.offer(views?.map(({ name }) => name) ?? []);
        for (const one of overrides)
          one.button.element.hidden = one.paired && kind !== "reconstruction";
      }),
    );
  }
}

/** Whose photos' Gaussians are drawn: all, or those of the pressed buttons. */
class PhotoChoice {
  readonly element = row("Photos");
  private names: string[] = [];
  private buttons: ReturnType<typeof toggle>[] = [];
  private readonly all: ReturnType<typeof toggle>;

  constructor(private readonly traits: Traits) {
    this.all = toggle({ text: "All", label: "Gaussians of all photos" }, () =>
      traits.set("shown_photos", []),
    );
    this.element.classList.add("swi-wrap");
    this.element.append(this.all.element);
  }

  /** Makes a button for each photo of the scene. */
  offer(names: string[]): void {
    this.element.hidden = names.length < 2;
    if (names.join("\n") === this.names.join("\n")) return;
    this.names = names;
    for (const { element } of this.buttons) element.remove();
    this.buttons = names.map((name, photo) =>
      toggle({ text: `${photo + 1}`, label: `Gaussians of photo ${photo + 1}, ${name}` }, (on) => {
        const rest = this.traits.get("shown_photos").filter((one) => one !== photo);
        this.traits.set("shown_photos", on ? [...rest, photo].sort((a, b) => a - b) : rest);
      }),
    );
    this.element.append(...this.buttons.map(({ element }) => element));
    this.set(this.traits.get("shown_photos"));
  }

  set(shown: readonly number[]): void {
    this.all.set(shown.length === 0);
    this.buttons.forEach((one, photo) => {
      one.set(shown.includes(photo));
    });
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
