// A canvas as sharp as the screen, in the theme's colours, drawn when something changed.
import { h, Owner } from "../../page/dom";
import type { Point } from "./brush";

export type Colours = Record<"text" | "muted" | "line" | "all" | "selected" | "accent", string>;

/** Where a plot lies between its axes, CSS px. */
export type Frame = { left: number; top: number; width: number; height: number };
export type Margins = { left: number; top: number; right: number; bottom: number };
export type Surface = { context: CanvasRenderingContext2D; frame: Frame; colours: Colours };

export class PlotCanvas extends Owner {
  readonly element: HTMLCanvasElement;
  /** Text that is shown instead of the plot. */
  placeholder: string | undefined = "";
  private scheduled = 0;

  constructor(
    name: string,
    private readonly margins: Margins,
    private readonly paint: (surface: Surface) => void,
  ) {
    super();
    this.element = h("canvas", { class: `swi-plot swi-${name}-plot`, role: "img" });
    const sizes = new ResizeObserver(() => this.draw());
    sizes.observe(this.element);
    this.cleanup.add(
      () => sizes.disconnect(),
      () => cancelAnimationFrame(this.scheduled),
    );
  }

  /** Where a point of the element, CSS px, lies between the axes: 0 to 1 rightwards and upwards. */
  placeAt([x, y]: Point): Point {
    const { left, top, width, height } = this.frame;
    return [(x - left) / width, 1 - (y - top) / height];
  }

  /** Draws with the next animation frame. */
  request(): void {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.draw();
    });
  }

  private get frame(): Frame {
    const { left, top, right, bottom } = this.margins;
    const { clientWidth, clientHeight } = this.element;
    return { left, top, width: clientWidth - left - right, height: clientHeight - top - bottom };
  }

  private draw(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    const context = this.element.getContext("2d");
    if (!width || !height || !context) return; // folded
    const ratio = Math.min(devicePixelRatio, 3);
    this.element.width = Math.round(width * ratio);
    this.element.height = Math.round(height * ratio);
    context.scale(this.element.width / width, this.element.height / height);
    context.font = `11px ${getComputedStyle(this.element).fontFamily}`;
    const colours = coloursOf(this.element);
    if (this.placeholder === undefined) {
      this.paint({ context, frame: this.frame, colours });
      return;
    }
    context.fillStyle = colours.muted;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(this.placeholder, width / 2, height / 2);
  }
}

function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: value("--sw-text"),
    muted: value("--sw-muted"),
    line: value("--sw-line"),
    all: value("--swi-all"),
    selected: value("--swi-selected"),
    accent: value("--sw-accent"),
  };
}

/** Red, green and blue of #rrggbb. */
export function rgbOf(hex: string): number[] {
  const number = Number.parseInt(hex.trim().slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}
