// Lays the photo over the splats while the view is at its camera: a slider over the picture, or a key
// that is held.
import { h } from "../page/dom";

export class Blend {
  readonly element: HTMLElement;
  private readonly name = h("span");
  private readonly slider = h("input", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.05",
    value: "0",
    title: "Show the photo over the splats; hold P for all of it",
  });
  private chosen = 0; // opacity as it is without the key
  private held = false;

  /**
   * @param choose stores the opacity.
   * @param show only shows it.
   */
  constructor(
    choose: (opacity: number) => void,
    private readonly show: (opacity: number) => void,
  ) {
    this.element = h(
      "div",
      { class: "sw-blend", role: "group", hidden: true },
      h("span", {}, "Splats"),
      this.slider,
      this.name,
    );
    this.slider.addEventListener("input", () => choose(this.slider.valueAsNumber));
    this.slider.addEventListener("dblclick", () => choose(0));
  }

  /** Shows the chosen opacity. */
  setOpacity(opacity: number): void {
    this.chosen = opacity;
    this.slider.value = String(opacity);
  }

  /** @param name of the photo at whose camera the view is; "" anywhere else. */
  setPhoto(name: string): void {
    if (this.element.hidden === !name && this.name.textContent === name) return;
    this.element.hidden = !name;
    this.name.textContent = name;
    this.element.setAttribute("aria-label", `${name} over the splats`);
    this.slider.setAttribute("aria-label", `How much of ${name} shows over the splats`);
  }

  /** The key goes down or up; returns whether that was for the photo. */
  hold(down: boolean): boolean {
    if (down === this.held || (down && this.element.hidden)) return this.held;
    this.held = down;
    this.show(down ? 1 : this.chosen);
    return true;
  }
}
