// A slider with two thumbs for a range: two native sliders on one track, so that keys and screen
// readers work as they always do.
import { h } from "../../page/dom";
import { formatValue } from "../plots/numbers";
import { placeOf, type Scale, valueAt } from "../plots/scale";

export const STEPS = 400;

/** A range; null means unbounded: the thumb is at the end of the axis. */
export type Bounds = readonly [number | null, number | null];

/** Steps of the two thumbs for bounds on an axis. Bounds outside of it stand at the ends. */
export function thumbs(bounds: Bounds, scale: Scale): [number, number] {
  const step = (value: number | null, end: number) => {
    if (value === null) return end;
    const place = placeOf(scale, value);
    return Number.isNaN(place) ? 0 : Math.round(Math.min(1, Math.max(0, place)) * STEPS);
  };
  return [step(bounds[0], 0), step(bounds[1], STEPS)];
}

/** What the bounds become when a thumb is moved: it stops at the other one. */
export function moved(bounds: Bounds, thumb: 0 | 1, to: number, scale: Scale): Bounds {
  const [low, high] = thumbs(bounds, scale);
  const value = (step: number, end: number) => (step === end ? null : valueAt(scale, step / STEPS));
  return thumb === 0
    ? [value(Math.min(to, high), 0), bounds[1]]
    : [bounds[0], value(Math.max(to, low), STEPS)];
}

export class DoubleSlider {
  readonly element: HTMLElement;
  private readonly inputs: [HTMLInputElement, HTMLInputElement];
  private scale: Scale = { low: 0, high: 1, log: false };
  private bounds: Bounds = [null, null];

  constructor(label: string, changed: (bounds: Bounds) => void) {
    const input = (end: string, thumb: 0 | 1) => {
      const made = h("input", {
        type: "range",
        min: 0,
        max: STEPS,
        step: 1,
        "aria-label": `${label}, ${end}`,
      });
      made.addEventListener("input", () => {
        this.bounds = moved(this.bounds, thumb, made.valueAsNumber, this.scale);
        this.show();
        changed(this.bounds);
      });
      return made;
    };
    this.inputs = [input("lower bound", 0), input("upper bound", 1)];
    this.element = h(
      "div",
      { class: "swi-double" },
      h("div", { class: "swi-fill" }),
      ...this.inputs,
    );
  }

  set(bounds: Bounds, scale: Scale): void {
    this.bounds = bounds;
    this.scale = scale;
    this.show();
  }

  set disabled(disabled: boolean) {
    for (const input of this.inputs) input.disabled = disabled;
  }

  private show(): void {
    const places = thumbs(this.bounds, this.scale);
    this.inputs.forEach((input, i) => {
      input.value = String(places[i]);
      const value = this.bounds[i];
      input.setAttribute("aria-valuetext", value === null ? "no bound" : formatValue(value));
    });
    // With both thumbs at the right end the lower one must be on top, or neither could be moved.
    this.inputs[0].style.zIndex = places[0] > STEPS / 2 ? "2" : "";
    this.element.style.setProperty("--low", String(places[0] / STEPS));
    this.element.style.setProperty("--high", String(places[1] / STEPS));
  }
}
