// The row of controls under the picture.
import type { Settings } from "../engine/settings";
import { DISPLAY, type Display } from "../engine/shaders";
import { h, icon } from "../page/dom";
import type { CameraPhoto } from "../page/state.gen";
import { ICONS } from "./icons";

export type ToolbarActions = {
  reset(): void;
  fit(): void;
  flyTo(camera: number): void;
  choose(settings: Partial<Settings>): void;
  /** Shows what the network had predicted, or the refined scene again. */
  showPredicted(predicted: boolean): void;
  measure(active: boolean): void;
  /** Keeps the present view. */
  saveCamera(): void;
  flyToSaved(index: number): void;
  /** Takes the last of the kept views away, or all. */
  forgetCameras(which: "last" | "all"): void;
  save(): void;
  fullscreen(): void;
};

const LABELS: Record<Display, string> = {
  splats: "Splats",
  points: "Points",
  ellipsoids: "Ellipsoids",
};
const MAX_CAMERA_BUTTONS = 4;

export class Toolbar {
  readonly element: HTMLElement;
  readonly status: HTMLElement;
  private readonly displays = new Map<Display, HTMLButtonElement>();
  private readonly scale: HTMLInputElement;
  private readonly colour: HTMLInputElement;
  private readonly cameraGroup: HTMLElement;
  private readonly cameraButtons = new Map<number, HTMLButtonElement>(); // by the photo's number
  private readonly variants = segments("Scene");
  private readonly showButton: HTMLButtonElement;
  private readonly measureButton: HTMLButtonElement;
  private readonly saved: HTMLSelectElement;

  constructor(private readonly actions: ToolbarActions) {
    const modes = segments("Display");
    this.variants.append(
      button("Refined", "Show the scene that the photos determine", () =>
        actions.showPredicted(false),
      ),
      button("Predicted", "Show what the network had predicted", () => actions.showPredicted(true)),
    );
    this.setVariants(false, false);
    for (const display of Object.keys(DISPLAY) as Display[]) {
      const choice = button(LABELS[display], `Draw ${display}`, () => actions.choose({ display }));
      this.displays.set(display, choice);
      modes.append(choice);
    }
    this.scale = h("input", {
      type: "range",
      min: "0.05",
      max: "4",
      step: "0.05",
      value: "1",
      "aria-label": "Splat size",
      title: "Splat size; double-click for 1",
    });
    this.scale.addEventListener("input", () =>
      actions.choose({ splat_scale: this.scale.valueAsNumber }),
    );
    this.scale.addEventListener("dblclick", () => actions.choose({ splat_scale: 1 }));
    this.colour = h("input", {
      type: "color",
      "aria-label": "Background colour",
      title: "Background colour; double-click follows the theme",
    });
    this.colour.addEventListener("input", () => actions.choose({ background: this.colour.value }));
    this.colour.addEventListener("dblclick", () => actions.choose({ background: "auto" }));
    this.cameraGroup = h("div", {
      class: "sw-group",
      role: "group",
      "aria-label": "Input cameras",
    });
    this.showButton = button(icon(ICONS.cameras), "Show the input cameras and their photos", () =>
      actions.choose({ show_cameras: this.showButton.getAttribute("aria-pressed") !== "true" }),
    );
    this.measureButton = button(icon(ICONS.measure), "Measure a distance (M)", () =>
      actions.measure(this.measureButton.getAttribute("aria-pressed") !== "true"),
    );
    this.setMeasuring(false);
    this.saved = h("select", {
      class: "sw-saved",
      "aria-label": "Saved cameras",
      title: "Saved cameras",
      hidden: true,
    });
    this.saved.addEventListener("change", () => {
      const { value } = this.saved;
      this.saved.value = ""; // the same one can be chosen again
      if (value === "last" || value === "all") actions.forgetCameras(value);
      else actions.flyToSaved(Number(value));
    });
    this.status = h("output", { class: "sw-status", "aria-live": "off" });
    this.element = h(
      "div",
      { class: "sw-toolbar", role: "toolbar", "aria-label": "Viewer controls" },
      h(
        "div",
        { class: "sw-group" },
        button(icon(ICONS.reset), "Reset the view (R)", actions.reset),
        button(icon(ICONS.fit), "Fit the scene (F)", actions.fit),
      ),
      this.cameraGroup,
      this.variants,
      modes,
      h("label", { class: "sw-field" }, h("span", {}, "Size"), this.scale),
      h("div", { class: "sw-group" }, this.colour),
      h("div", { class: "sw-group" }, this.measureButton),
      h(
        "div",
        { class: "sw-group" },
        button(icon(ICONS.bookmark), "Save this camera", actions.saveCamera),
        this.saved,
      ),
      h(
        "div",
        { class: "sw-group" },
        button(icon(ICONS.save), "Save the picture as PNG", actions.save),
        button(icon(ICONS.full), "Full screen", actions.fullscreen),
      ),
      this.status,
    );
    this.setCameras([]);
  }

  /** @param settings `background` is #rrggbb. */
  show({ display, splat_scale, background, show_cameras }: Settings): void {
    for (const [name, choice] of this.displays)
      choice.setAttribute("aria-pressed", String(name === display));
    this.scale.value = String(splat_scale);
    this.colour.value = background;
    this.showButton.setAttribute("aria-pressed", String(show_cameras));
  }

  /** A way to fly to each input camera: buttons for a few, a menu for more; and one that shows them. */
  setCameras(photos: readonly CameraPhoto[]): void {
    this.cameraGroup.hidden = photos.length === 0;
    const menu = h("select", { "aria-label": "Fly to camera", title: "Fly to camera" });
    this.cameraButtons.clear();
    menu.append(h("option", { value: "" }, "…"));
    photos.forEach(({ number, name }, i) => {
      const label = `Fly to camera ${number}${name && `: ${name}`}`;
      this.cameraButtons.set(
        number,
        button(String(number), label, () => this.actions.flyTo(i)),
      );
      menu.append(h("option", { value: String(i) }, `${number}${name && `: ${name}`}`));
    });
    menu.addEventListener("change", () => {
      this.actions.flyTo(Number(menu.value));
      menu.value = ""; // the same camera can be chosen again
    });
    const few = photos.length <= MAX_CAMERA_BUTTONS;
    this.cameraGroup.replaceChildren(
      this.showButton,
      ...(few ? this.cameraButtons.values() : [menu]),
    );
  }

  /** Offers the views that were kept. */
  setSaved(count: number): void {
    this.saved.hidden = count === 0;
    const option = (value: string, text: string) => h("option", { value }, text);
    this.saved.replaceChildren(
      option("", `${count} saved`),
      ...Array.from({ length: count }, (_, i) => option(String(i), `Fly to ${i + 1}`)),
      option("last", `Forget ${count}`),
      ...(count > 1 ? [option("all", "Forget all")] : []),
    );
  }

  /** Marks the camera that the view is at, by its photo's number. */
  setPlace(number: number | undefined): void {
    for (const [other, one] of this.cameraButtons)
      one.setAttribute("aria-pressed", String(other === number));
  }

  /** @param available whether the scene is refined and its prediction is there. */
  setVariants(available: boolean, predicted: boolean): void {
    this.variants.hidden = !available;
    [...this.variants.children].forEach((choice, i) => {
      choice.setAttribute("aria-pressed", String(predicted === (i === 1)));
    });
  }

  setMeasuring(active: boolean): void {
    this.measureButton.setAttribute("aria-pressed", String(active));
  }

  setStatus(text: string): void {
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}

function segments(label: string): HTMLElement {
  return h("div", { class: "sw-segments", role: "group", "aria-label": label });
}

function button(content: Node | string, label: string, press: () => void): HTMLButtonElement {
  const made = h("button", { type: "button", title: label, "aria-label": label }, content);
  made.addEventListener("click", press);
  return made;
}
