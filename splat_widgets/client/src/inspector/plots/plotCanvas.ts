// A canvas as sharp as the screen, in the theme's colours, drawn when something changed.
import { Cleanup, h } from "../../page/dom";

export type Colours = {
  text: string;
  muted: string;
  line: string;
  all: string;
  selected: string;
  accent: string;
  base: string;
};

export type Draw = (
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  colours: Colours,
) => void;

export class PlotCanvas {
  readonly element: HTMLCanvasElement;
  private readonly cleanup = new Cleanup();
  private scheduled = 0;

  constructor(
    attributes: Record<string, string | number>,
    private readonly paint: Draw,
  ) {
    this.element = h("canvas", attributes);
    const sizes = new ResizeObserver(() => this.draw());
    sizes.observe(this.element);
    this.cleanup.add(
      () => sizes.disconnect(),
      () => cancelAnimationFrame(this.scheduled),
    );
  }

  /** Size in CSS px. */
  get size(): [number, number] {
    return [this.element.clientWidth, this.element.clientHeight];
  }

  /** Draws with the next animation frame. */
  request(): void {
    if (this.scheduled) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.draw();
    });
  }

  dispose(): void {
    this.cleanup.run();
  }

  private draw(): void {
    const [width, height] = this.size;
    const context = this.element.getContext("2d");
    if (!width || !height || !context) return; // folded
    const ratio = Math.min(devicePixelRatio, 3);
    this.element.width = Math.round(width * ratio);
    this.element.height = Math.round(height * ratio);
    context.scale(this.element.width / width, this.element.height / height);
    context.font = `11px ${getComputedStyle(this.element).fontFamily}`;
    this.paint(context, width, height, coloursOf(this.element));
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
    base: value("--sw-base"),
  };
}

/** Red, green and blue of #rrggbb. */
export function rgbOf(hex: string): number[] {
  const number = Number.parseInt(hex.trim().slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}
