// One photo on the panel: its picture with the crop, its number, its buttons.
import { h, icon } from "../page/dom";
import { kernel } from "../page/host";
import { formatBytes } from "../page/sizes";
import type { PhotoItem } from "../page/state.gen";
import { type Square, squareCrop } from "./crop";
import { CropFrame } from "./cropFrame";
import { Links } from "./links";
import type { Transfer } from "./sender";
import type { Store } from "./store";

const ICONS = {
  close: "M4 4l8 8M12 4l-8 8",
  left: "M9.5 3.5L5 8l4.5 4.5",
  right: "M6.5 3.5L11 8l-4.5 4.5",
  picture: "M2 3.5h12v9H2zM2 11l3.5-3.5 3 3L11 8l3 3M10.6 6.2h.01",
};

/** Up to this many photos there is nothing to choose, and the cards are large. */
export const FEW = 2;

/** A photo that the kernel has, or a file on its way there. */
export type Entry =
  | { kind: "photo"; item: PhotoItem; position: number; count: number }
  | { kind: "transfer"; transfer: Transfer };

export const entryId = (entry: Entry) =>
  entry.kind === "photo" ? entry.item.id : entry.transfer.id;

function button(name: string, path: string): HTMLButtonElement {
  return h("button", { type: "button", class: `sw-icon ${name}` }, icon(path));
}

function label(element: HTMLElement, text: string): void {
  element.setAttribute("aria-label", text);
  element.title = text;
}

const percent = (fraction: number) => `${(100 * fraction).toFixed(2)}%`;

export class Card {
  readonly el: HTMLLIElement;
  private readonly photo = h("div", { class: "swu-photo" });
  private readonly frame = new CropFrame((square) => this.onCrop(square));
  private readonly links = new Links();
  private readonly placeholder = h("div", { class: "swu-placeholder" }, icon(ICONS.picture));
  private readonly number = h("button", { type: "button", class: "swu-number" });
  private readonly remove = button("swu-remove", ICONS.close);
  private readonly left = button("sw-plain swu-left", ICONS.left);
  private readonly right = button("sw-plain swu-right", ICONS.right);
  private readonly name = h("span", { class: "swu-name" });
  private readonly meta = h("div", { class: "swu-meta" });
  private readonly bar = h("div", { class: "swu-bar" }, h("div"));
  private readonly again = h("button", { type: "button", class: "swu-again" }, "Try again");
  private shown: HTMLCanvasElement | undefined;
  private entry: Entry | undefined;

  constructor(private readonly store: Store) {
    const tile = h(
      "div",
      { class: "swu-tile" },
      this.photo,
      this.placeholder,
      this.again,
      this.bar,
      this.number,
      this.remove,
    );
    this.el = h(
      "li",
      { class: "swu-card" },
      tile,
      h("div", { class: "swu-foot" }, this.name, this.left, this.right),
      this.meta,
      this.links.element,
    );
    // While the crop is dragged, the card stays.
    this.el.addEventListener("dragstart", (event) => {
      if (!this.frame.isDragging) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.number.addEventListener("click", () => this.onPhoto("toggle"));
    this.remove.addEventListener("click", () => this.onRemove());
    this.left.addEventListener("click", () => this.onMove(-1));
    this.right.addEventListener("click", () => this.onMove(+1));
    this.again.addEventListener("click", () => {
      if (this.entry) this.store.retry(entryId(this.entry));
    });
  }

  update(entry: Entry): void {
    this.entry = entry;
    this.el.dataset.id = entryId(entry);
    this.el.dataset.kind = entry.kind;
    if (entry.kind === "photo") this.showPhoto(entry.item, entry.position, entry.count);
    else this.showTransfer(entry.transfer);
    this.showPicture();
  }

  private showPhoto(item: PhotoItem, position: number, count: number): void {
    const used = item.number > 0;
    const { connected } = this.store;
    this.el.draggable = connected;
    this.el.toggleAttribute("data-used", used);
    this.number.hidden = false;
    this.number.textContent = used ? String(item.number) : "";
    const hasChoice = count > Math.min(FEW, this.store.maxChosen);
    this.number.disabled = !hasChoice || !connected;
    this.number.setAttribute("aria-pressed", String(used));
    const role = item.number === 1 ? ": the scene is seen from here" : "";
    label(
      this.number,
      used ? `Photo ${item.number} of the scene${role}` : `Use ${item.name} for the scene`,
    );
    label(this.remove, `Remove ${item.name}`);
    label(this.left, `Move ${item.name} to the left`);
    label(this.right, `Move ${item.name} to the right`);
    this.left.hidden = this.right.hidden = count < 2;
    this.left.disabled = position === 0 || !connected;
    this.right.disabled = position === count - 1 || !connected;
    this.remove.disabled = !connected;
    this.describe(item.name, `${item.width} × ${item.height} · ${formatBytes(item.size)}`);
    this.el.toggleAttribute("data-left-out", item.left_out);
    this.links.show(item);
    this.bar.hidden = this.again.hidden = true;
    delete this.el.dataset.state;
  }

  private showTransfer(transfer: Transfer): void {
    const { source, state, arrived, stalled, reason } = transfer;
    this.el.draggable = false;
    this.el.removeAttribute("data-used");
    this.links.hide();
    this.remove.disabled = false; // a failed one can go without the kernel
    this.el.dataset.state = stalled ? "stalled" : state;
    this.number.hidden = this.left.hidden = this.right.hidden = true;
    const failed = state === "failed";
    label(this.remove, failed ? `Remove ${source.name}` : `Cancel ${source.name}`);
    const size = formatBytes(source.size);
    const progress = `${formatBytes(arrived)} of ${size}`;
    const texts = {
      waiting: `${size} · next`,
      opening: `${size} · starting`,
      sending: progress,
      checking: `${size} · checking`,
      failed: reason,
    };
    this.describe(source.name, stalled ? `waiting for ${kernel()} · ${progress}` : texts[state]);
    this.again.hidden = !failed || !transfer.retryable || !this.store.connected;
    this.bar.hidden = failed;
    const bar = this.bar.firstElementChild as HTMLElement;
    bar.style.width = percent(arrived / source.size);
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-label", `Sending ${source.name}`);
    this.bar.setAttribute("aria-valuenow", String(Math.round((100 * arrived) / source.size)));
  }

  private describe(name: string, meta: string): void {
    this.name.textContent = name;
    this.name.title = name;
    this.meta.textContent = meta;
    this.meta.title = meta;
  }

  private showPicture(): void {
    const preview = this.entry && this.store.preview(entryId(this.entry));
    this.photo.hidden = !preview;
    this.placeholder.hidden = preview !== undefined;
    if (!preview) return;
    if (this.shown !== preview.picture) {
      this.shown = preview.picture;
      // Several views may show the panel, and a canvas has one parent: draw a copy.
      const copy = h("canvas", { width: preview.picture.width, height: preview.picture.height });
      copy.getContext("2d")?.drawImage(preview.picture, 0, 0);
      this.photo.replaceChildren(copy, this.frame.element);
    }
    const wide = preview.width >= preview.height;
    this.photo.style.aspectRatio = `${preview.width} / ${preview.height}`;
    this.photo.style.width = wide ? "100%" : "auto";
    this.photo.style.height = wide ? "auto" : "100%";
    const { entry } = this;
    if (entry?.kind !== "photo" || !this.store.connected)
      this.frame.showFixed(
        entry?.kind === "photo"
          ? entry.item.crop
          : squareCrop(preview.width, preview.height, this.store.imageSize),
      );
    else {
      const { name, width, height, crop, is_cropped: isCropped } = entry.item;
      this.frame.show({ name, size: { width, height }, crop, isCropped });
    }
  }

  private onCrop(square: Square | null): void {
    if (this.entry?.kind !== "photo") return;
    const crop = square && ([square.x, square.y, square.side] as [number, number, number]);
    this.store.act({ kind: "crop", id: this.entry.item.id, crop });
  }

  private onPhoto(kind: "toggle" | "remove"): void {
    if (this.entry?.kind === "photo") this.store.act({ kind, id: this.entry.item.id });
  }

  private onRemove(): void {
    if (this.entry?.kind === "transfer") this.store.sender.cancel(this.entry.transfer.id);
    else this.onPhoto("remove");
  }

  private onMove(by: number): void {
    if (this.entry?.kind !== "photo") return;
    this.store.act({ kind: "move", id: this.entry.item.id, to: this.entry.position + by });
  }
}
