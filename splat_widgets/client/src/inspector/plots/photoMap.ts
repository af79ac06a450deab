// One photo and its map side by side: same pixels, one cursor, a brush on both.
import { h, svg } from "../../page/dom";
import type { ScenePhoto } from "../../page/state.gen";
import { Brush, type Point, polygonOf } from "./brush";
import { attributePicture, type PixelIndex, selectionPicture } from "./pixels";
import { rgbOf } from "./plotCanvas";
import type { Scale } from "./scale";

export type PhotoMapEvents = {
  shape(): "rectangle" | "lasso";
  /** Pixels of the crop, with fractions; -1, -1 when the pointer left. */
  hover(x: number, y: number): void;
  pick(x: number, y: number): void;
  select(points: Point[], event: PointerEvent): void;
};

const SELECTED_ALPHA = 150; // of 255, so that the photo is seen through

export class PhotoMap {
  readonly element: HTMLElement;
  private readonly caption = h("figcaption");
  private readonly panes: Pane[];
  private size = { width: 1, height: 1 };

  constructor(
    readonly view: number,
    events: PhotoMapEvents,
  ) {
    this.panes = ["Photo", "Map"].map(
      (name) => new Pane(`${name} ${view + 1}`, events, () => this.size),
    );
    this.element = h(
      "figure",
      { class: "swi-photo-map" },
      this.caption,
      h("div", { class: "swi-panes" }, ...this.panes.map((pane) => pane.element)),
    );
  }

  setPhoto(item: ScenePhoto, photo: ImageBitmap | undefined): void {
    this.size = { width: item.width, height: item.height };
    this.caption.textContent = item.name || `Photo ${this.view + 1}`;
    for (const pane of this.panes) pane.setSize(item.width, item.height);
    if (photo) this.panes[0].setPicture(photo);
  }

  setMap(grid: PixelIndex[number], values: Float32Array, scale: Scale, map: Uint8Array): void {
    const bytes = attributePicture(grid, values, scale, map);
    this.panes[1].setPicture(new ImageData(bytes, grid.width, grid.height));
  }

  setSelection(grid: PixelIndex[number], mask: Uint8Array | undefined): void {
    for (const pane of this.panes) pane.setSelection(grid, mask);
  }

  /** @param pixel column and row, or none. */
  setCursor(pixel: Point | undefined): void {
    for (const pane of this.panes) pane.setCursor(pixel);
  }

  dispose(): void {
    for (const pane of this.panes) pane.dispose();
    this.element.remove();
  }
}

/** A picture in its own pixels, the selection over it, and a drawing for cursor and brush. */
class Pane {
  readonly element: HTMLElement;
  private readonly picture = h("canvas", { class: "swi-pixels" });
  private readonly selection = h("canvas", { class: "swi-pixels swi-over" });
  private readonly drawing: SVGSVGElement;
  private readonly cursor: SVGRectElement;
  private readonly outline: SVGPolygonElement;
  private readonly brush: Brush;

  constructor(
    label: string,
    events: PhotoMapEvents,
    private readonly size: () => { width: number; height: number },
  ) {
    this.picture.setAttribute("role", "img");
    this.picture.setAttribute("aria-label", label);
    this.drawing = svg("svg", { class: "swi-over", "aria-hidden": "true" });
    this.cursor = svg("rect", { class: "swi-cursor", visibility: "hidden" });
    this.outline = svg("polygon", { class: "swi-outline", visibility: "hidden" });
    this.drawing.append(this.outline, this.cursor);
    this.element = h(
      "div",
      { class: "swi-pane", tabindex: -1 },
      this.picture,
      this.selection,
      this.drawing,
    );
    this.brush = new Brush(this.element, {
      begin: () => events.shape(),
      update: (points) => this.draw(polygonOf(points)),
      done: (points, event) => {
        this.draw([]);
        events.select(
          polygonOf(points).map((point) => this.pixelAt(point)),
          event,
        );
      },
      click: (at) => events.pick(...this.pixelAt(at)),
      cancel: () => this.draw([]),
    });
    this.element.addEventListener("pointermove", (event) => {
      const { left, top } = this.element.getBoundingClientRect();
      events.hover(...this.pixelAt([event.clientX - left, event.clientY - top]));
    });
    this.element.addEventListener("pointerleave", () => events.hover(-1, -1));
  }

  setSize(width: number, height: number): void {
    if (this.picture.width === width && this.picture.height === height) return;
    for (const canvas of [this.picture, this.selection]) {
      canvas.width = width;
      canvas.height = height;
    }
    this.element.style.aspectRatio = `${width} / ${height}`;
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.drawing.setAttribute("preserveAspectRatio", "none");
  }

  setPicture(picture: ImageBitmap | ImageData): void {
    const context = this.picture.getContext("2d");
    if (picture instanceof ImageData) context?.putImageData(picture, 0, 0);
    else context?.drawImage(picture, 0, 0);
    this.element.dataset.shown = "";
  }

  setSelection(grid: PixelIndex[number], mask: Uint8Array | undefined): void {
    const context = this.selection.getContext("2d");
    context?.clearRect(0, 0, grid.width, grid.height);
    if (!mask) return;
    const colour = getComputedStyle(this.element).getPropertyValue("--swi-selected");
    const bytes = selectionPicture(grid, mask, [...rgbOf(colour), SELECTED_ALPHA]);
    context?.putImageData(new ImageData(bytes, grid.width, grid.height), 0, 0);
  }

  setCursor(pixel: Point | undefined): void {
    this.cursor.setAttribute("visibility", pixel ? "visible" : "hidden");
    if (!pixel) return;
    const room = this.size().width / 40; // seen also where a pixel is tiny
    const set = (name: string, value: number) => this.cursor.setAttribute(name, String(value));
    set("x", pixel[0] + 0.5 - room);
    set("y", pixel[1] + 0.5 - room);
    set("width", 2 * room);
    set("height", 2 * room);
  }

  dispose(): void {
    this.brush.dispose();
  }

  private draw(points: Point[]): void {
    this.outline.setAttribute("visibility", points.length ? "visible" : "hidden");
    const text = points.map((point) => this.pixelAt(point).join(",")).join(" ");
    this.outline.setAttribute("points", text);
  }

  private pixelAt([x, y]: Point): Point {
    const { width, height } = this.size();
    return [(x / this.element.clientWidth) * width, (y / this.element.clientHeight) * height];
  }
}
