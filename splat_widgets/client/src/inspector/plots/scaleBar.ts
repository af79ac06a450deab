// Colours with the values they stand for.
import { colormap } from "../../engine/colormaps";
import { h } from "../../page/dom";
import { formatValue } from "./numbers";
import { placeOf, type Scale, ticks } from "./scale";

const TICK_ROOM_PX = 44;

export class ScaleBar {
  readonly element: HTMLElement;
  private readonly title = h("div", { class: "swi-bar-title" });
  private readonly colours = h("canvas", { width: 256, height: 1 });
  private readonly labels = h("div", { class: "swi-bar-ticks" });

  /** @param widthPx about how wide it is, for the number of ticks. */
  constructor(
    className: string,
    private readonly widthPx: number,
  ) {
    this.element = h(
      "div",
      { class: `swi-scale-bar ${className}`, role: "img" },
      this.title,
      this.colours,
      this.labels,
    );
  }

  setTitle(text: string): void {
    this.title.textContent = text;
  }

  show(title: string, scale: Scale, map: string): void {
    this.setTitle(title);
    const context = this.colours.getContext("2d");
    context?.putImageData(new ImageData(new Uint8ClampedArray(colormap(map)), 256, 1), 0, 0);
    const list = ticks(scale, Math.floor(this.widthPx / TICK_ROOM_PX));
    this.labels.replaceChildren(
      ...list.map((value) => {
        const label = h("span", {}, formatValue(value, 3));
        label.style.left = `${100 * placeOf(scale, value)}%`;
        return label;
      }),
    );
    // For tests and screen readers: the ends, which need not be ticks.
    this.element.dataset.low = String(scale.low);
    this.element.dataset.high = String(scale.high);
    this.element.setAttribute(
      "aria-label",
      `Colours: ${title} from ${formatValue(scale.low)} to ${formatValue(scale.high)}` +
        `${scale.log ? ", logarithmic" : ""}, ${map}`,
    );
  }
}
