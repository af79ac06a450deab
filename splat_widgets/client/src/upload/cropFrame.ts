// The crop on a card: dragged to move it, pulled at its corners to resize it, or moved with the keys.
import { h } from "../page/dom";
import {
  type Corner,
  type Crop,
  edgesOf,
  moved,
  pulled,
  type Size,
  type Square,
  scaled,
  squareOf,
} from "./crop";

const CORNERS: readonly Corner[] = ["nw", "ne", "sw", "se"];
const KEY_STEP = 0.02; // of the photo's short side; with shift a pixel
const KEY_ZOOM = 1.05;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)}%`;

export type CropItem = { name: string; size: Size; crop: Crop; isCropped: boolean };

export class CropFrame {
  readonly element: HTMLElement;
  /** Whether the pointer moves the crop: the card must stay where it is. */
  isDragging = false;
  private item: CropItem | undefined;
  private known = ""; // what the kernel said last; what was done here since then is newer
  private square: Square = { x: 0, y: 0, side: 1 };
  private grip: { corner: Corner | undefined; from: [number, number]; square: Square } | undefined;

  /** @param changed gets the new crop; null for the centred one. */
  constructor(private readonly changed: (square: Square | null) => void) {
    const handles = CORNERS.map((corner) =>
      h("span", { class: "swu-corner", "data-corner": corner }),
    );
    this.element = h("div", { class: "swu-frame" }, ...handles);
    this.element.addEventListener("pointerdown", (event) => this.begin(event));
    this.element.addEventListener("pointermove", (event) => this.drag(event));
    this.element.addEventListener("pointerup", (event) => this.end(event, true));
    this.element.addEventListener("pointercancel", (event) => this.end(event, false));
    this.element.addEventListener("dblclick", () => this.reset());
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  /** Shows a crop that can be moved. */
  show(item: CropItem): void {
    this.item = item;
    this.element.tabIndex = 0;
    this.element.toggleAttribute("data-movable", true);
    this.element.setAttribute("role", "slider");
    this.element.setAttribute("aria-label", `Crop of ${item.name}`);
    this.element.title =
      "Drag to move the crop, pull a corner to resize it; arrow keys, + and −; double-click or Delete resets it";
    const known = JSON.stringify(item);
    if (known === this.known || this.isDragging) return;
    this.known = known;
    this.place(squareOf(item.crop, item.size));
  }

  /** Shows a crop as it is. */
  showFixed(crop: Crop): void {
    this.item = undefined;
    this.known = "";
    for (const name of ["role", "tabindex", "aria-label", "title", "data-movable"])
      this.element.removeAttribute(name);
    this.draw(crop);
  }

  private place(square: Square): void {
    if (!this.item) return;
    const { size } = this.item;
    this.square = square;
    const alongX = size.width >= size.height;
    const range = alongX ? size.width - square.side : size.height - square.side;
    this.element.setAttribute("aria-valuemin", "0");
    this.element.setAttribute("aria-valuemax", String(range));
    this.element.setAttribute("aria-valuenow", String(alongX ? square.x : square.y));
    const { x, y, side } = square;
    this.element.setAttribute("aria-valuetext", `${side} pixels square, from ${x}, ${y}`);
    this.draw(edgesOf(square, size));
  }

  private draw([left, top, right, bottom]: Crop): void {
    this.element.style.inset = [top, 1 - right, 1 - bottom, left].map(percent).join(" ");
  }

  private begin(event: PointerEvent): void {
    if (!this.item || event.button !== 0) return;
    const { corner } = (event.target as HTMLElement).dataset;
    const { width, height } = this.item.size;
    // A crop of the whole photo cannot be moved: the card is dragged instead.
    if (!corner && this.square.side === width && width === height) return;
    this.isDragging = true;
    this.element.setPointerCapture(event.pointerId);
    this.grip = {
      corner: corner as Corner | undefined,
      from: this.at(event),
      square: this.square,
    };
  }

  private drag(event: PointerEvent): void {
    if (!this.grip || !this.item) return;
    const { corner, from, square } = this.grip;
    const to = this.at(event);
    const { size } = this.item;
    this.place(
      corner
        ? pulled(square, corner, to, size)
        : moved(square, to[0] - from[0], to[1] - from[1], size),
    );
  }

  private end(event: PointerEvent, isKept: boolean): void {
    if (!this.grip) return;
    const { square: before } = this.grip;
    this.grip = undefined;
    this.isDragging = false;
    this.element.releasePointerCapture(event.pointerId);
    if (!isKept) this.place(before);
    else if (!same(before, this.square)) this.changed(this.square);
  }

  private key(event: KeyboardEvent): void {
    if (!this.item || event.ctrlKey || event.metaKey || event.altKey) return;
    const { size } = this.item;
    const short = Math.min(size.width, size.height);
    const step = event.shiftKey ? 1 : Math.max(1, KEY_STEP * short);
    const arrow = ARROWS[event.key];
    let next: Square;
    if (event.key === "Escape" && this.grip) next = this.grip.square;
    else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.reset();
      return;
    } else if (arrow) next = moved(this.square, arrow[0] * step, arrow[1] * step, size);
    else if (event.key === "+" || event.key === "=") next = scaled(this.square, KEY_ZOOM, size);
    else if (event.key === "-") next = scaled(this.square, 1 / KEY_ZOOM, size);
    else return;
    event.preventDefault();
    if (same(next, this.square)) return;
    this.place(next);
    this.changed(next);
  }

  private reset(): void {
    if (!this.item) return;
    const told = squareOf(this.item.crop, this.item.size);
    if (!this.item.isCropped && same(told, this.square)) return;
    if (!this.item.isCropped) this.place(told);
    this.changed(null);
  }

  /** Where in the photo the pointer is, px. */
  private at({ clientX, clientY }: PointerEvent): [number, number] {
    const box = this.element.parentElement?.getBoundingClientRect();
    if (!box || !this.item) return [0, 0];
    const { width, height } = this.item.size;
    return [
      ((clientX - box.left) / box.width) * width,
      ((clientY - box.top) / box.height) * height,
    ];
  }
}

function same(a: Square, b: Square): boolean {
  return a.x === b.x && a.y === b.y && a.side === b.side;
}
