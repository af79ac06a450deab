// The selection: how many, and what to do with it.
import { h } from "../../page/dom";
import { button, row, toggle } from "../controls/buttons";
import { ICONS } from "../controls/icons";
import { NumberField } from "../controls/numberField";
import { formatCount, formatValue } from "../plots/numbers";
import type { Session } from "../session";
import type { Volume } from "../volumes";
import { Section } from "./section";

const FLOATERS = { low: 1.5, high: 50, start: 5 }; // times the usual distance
const STEPS = 200;

export class SelectionSection extends Section {
  constructor(session: Session) {
    super("Selection", true, "selection");
    const whole = (["all", "none", "invert", "grow"] as const).map((kind) => {
      const labels = {
        all: "Select all that is shown",
        none: "Select nothing",
        invert: "Select the rest of what is shown",
        grow: "Grow by one pixel of the photos' grid",
      };
      const text = kind[0].toUpperCase() + kind.slice(1);
      return button({ text, label: labels[kind] }, () => session.selection.selectWhole(kind));
    });
    const isolate = toggle({ text: "Isolate", label: "Draw only the selection" }, (on) =>
      session.traits.set("isolate", on),
    );
    const keep = button({ text: "Keep", label: "Make the selection the scene" }, () =>
      session.selection.act("keep"),
    );
    const remove = button({ text: "Delete", label: "Take the selection out of the scene" }, () =>
      session.selection.act("delete"),
    );
    const undo = button(
      { text: "Undo", icon: ICONS.undo, label: "Undo the last change of the scene" },
      () => session.selection.act("undo"),
    );
    const count = h("output", { class: "swi-count", "aria-live": "polite" });
    const volume = new VolumeFields(session);
    const floaters = new Floaters(session);
    this.body.append(
      count,
      h("div", { class: "swi-row swi-wrap" }, ...whole),
      h("div", { class: "swi-row swi-wrap" }, isolate.element, keep, remove, undo),
      volume.element,
      floaters.element,
    );
    const show = () => {
      const selected = session.selection.count;
      const text = `${formatCount(selected)} of ${formatCount(session.inspection.count)} selected`;
      if (count.textContent !== text) count.textContent = text;
      this.note(selected ? `${formatCount(selected)} selected` : "none");
      for (const one of [keep, remove]) one.disabled = selected === 0;
    };
    this.cleanup.add(
      session.changes.on("selection", show),
      session.changes.on("scene", show),
      session.traits.bind("isolate", (on) => isolate.set(on)),
      session.traits.bind("scene_info", ({ kind, can_undo }) => {
        undo.disabled = !can_undo;
        whole[3].hidden = kind !== "reconstruction";
        show();
      }),
      () => volume.dispose(),
      () => floaters.dispose(),
    );
  }
}

/** Typed numbers of the box or sphere; the keyboard's way to make one. */
class VolumeFields {
  readonly element = h("div", { class: "swi-volume", role: "group", hidden: true });
  private readonly centre: NumberField[];
  private readonly half: NumberField[];
  private readonly radius: NumberField;
  private readonly crop: HTMLButtonElement;
  private readonly halfRow: HTMLElement;
  private readonly radiusRow: HTMLElement;
  private readonly stops: (() => void)[] = [];

  constructor(private readonly session: Session) {
    const positive = (value: number | null) => value !== null && value > 0;
    const any = (value: number | null) => value !== null;
    const axes = ["x", "y", "z"];
    this.centre = axes.map(
      (axis, i) =>
        new NumberField(`Centre ${axis}`, (value) => this.change("center", i, value), any),
    );
    this.half = axes.map(
      (axis, i) =>
        new NumberField(
          `Half size ${axis}`,
          (value) => this.change("half_sizes", i, value),
          positive,
        ),
    );
    this.radius = new NumberField("Radius", (value) => this.change("radius", 0, value), positive);
    const select = button({ text: "Select inside", label: "Select what lies inside" }, (event) =>
      session.selection.selectVolume(session.selection.modeOf(event)),
    );
    this.crop = button({ text: "Crop", label: "Take what lies outside out of the scene" }, () => {
      const { volume } = session.selection;
      if (volume?.kind === "box")
        session.selection.act("crop", { center: volume.center, half_sizes: volume.half_sizes });
    });
    const hide = button(
      { text: "Hide", label: "Put the box or sphere away", class: "sw-plain" },
      () => session.selection.setVolume(undefined),
    );
    this.halfRow = row("Half sizes", ...this.half.map(({ element }) => element));
    this.radiusRow = row("Radius", this.radius.element);
    this.element.append(
      row("Centre", ...this.centre.map(({ element }) => element)),
      this.halfRow,
      this.radiusRow,
      h("div", { class: "swi-row swi-wrap" }, select, this.crop, hide),
    );
    this.stops.push(session.changes.on("volume", (volume) => this.show(volume)));
  }

  dispose(): void {
    for (const stop of this.stops) stop();
  }

  private show(volume: Volume | undefined): void {
    this.element.hidden = !volume;
    if (!volume) return;
    this.element.setAttribute("aria-label", volume.kind === "box" ? "Box" : "Sphere");
    this.centre.forEach((field, i) => {
      field.set(volume.center[i]);
    });
    this.halfRow.hidden = this.crop.hidden = volume.kind !== "box";
    this.radiusRow.hidden = volume.kind !== "sphere";
    if (volume.kind === "sphere") this.radius.set(volume.radius);
    else
      this.half.forEach((field, i) => {
        field.set(volume.half_sizes[i]);
      });
  }

  private change(
    key: "center" | "half_sizes" | "radius",
    axis: number,
    value: number | null,
  ): void {
    const { volume } = this.session.selection;
    if (!volume || value === null) return;
    const changed = structuredClone(volume) as Record<string, unknown>;
    if (key === "radius") changed.radius = value;
    else (changed[key] as number[])[axis] = value;
    this.session.selection.setVolume(changed as Volume);
  }
}

/** Gaussians far from their neighbours, found with a threshold that shows at once what it finds. */
class Floaters {
  readonly element = h("div", { class: "swi-floaters", role: "group", "aria-label": "Floaters" });
  private readonly stops: (() => void)[] = [];

  constructor(session: Session) {
    const slider = h("input", {
      type: "range",
      min: 0,
      max: STEPS,
      step: 1,
      "aria-label": "Floaters: times farther from their neighbours than usual",
    });
    const { low, high, start } = FLOATERS;
    slider.value = String((STEPS * Math.log(start / low)) / Math.log(high / low));
    const shown = h("output", { class: "swi-factor" });
    const found = h("output", { class: "swi-readout" });
    const threshold = () =>
      Number((low * (high / low) ** (slider.valueAsNumber / STEPS)).toPrecision(2));
    const describe = () => {
      shown.textContent = `> ${formatValue(threshold(), 2)} ×`;
      slider.setAttribute("aria-valuetext", `${formatValue(threshold(), 2)} times`);
    };
    const end = () => {
      found.textContent = "";
      session.selection.preview(undefined);
      select.hidden = cancel.hidden = true;
    };
    const look = async () => {
      describe();
      found.textContent = "Looking …";
      const mask = await session.selection.floaters(threshold());
      if (!mask) {
        found.textContent = "";
        return;
      }
      session.selection.preview(mask);
      found.textContent = `${formatCount(mask.reduce((sum, bit) => sum + bit, 0))} found`;
      select.hidden = cancel.hidden = false;
    };
    const select = button({ text: "Select", label: "Select these floaters" }, () => {
      end();
      session.selection.act("floaters", { threshold: threshold() });
    });
    const cancel = button({ text: "Cancel", label: "Leave the selection as it was" }, () => {
      end();
      slider.focus();
    });
    select.hidden = cancel.hidden = true;
    slider.addEventListener("input", () => void look());
    slider.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void look();
      else if (event.key === "Escape") end();
    });
    const start_ = button(
      { text: "Find", label: "Show the floaters of this threshold" },
      () => void look(),
    );
    describe();
    this.element.append(
      row("Floaters", slider, shown, start_),
      h("div", { class: "swi-row" }, found, select, cancel),
    );
    this.stops.push(
      session.traits.bind("scene_info", ({ floaters }) => {
        this.element.hidden = !floaters;
      }),
      session.changes.on("scene", end),
    );
  }

  dispose(): void {
    for (const stop of this.stops) stop();
  }
}
