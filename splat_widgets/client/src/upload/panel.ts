// The upload panel on the page: drop zone, file chooser, cards in order, messages.
import { activeElement, Cleanup, h, icon, style } from "../page/dom";
import { kernelGone } from "../page/host";
import { newId } from "../page/ids";
import { formatBytes } from "../page/sizes";
import surfaceCss from "../page/surface.css";
import { followTheme } from "../page/theme";
import { Card, type Entry, entryId, FEW } from "./card";
import { droppedFiles } from "./dropped";
import foldedCss from "./folded.css";
import type { Store } from "./store";
import uploadCss from "./upload.css";

const ACCEPT = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif";
const PHOTO_TYPE = "application/x-splat-widgets-photo";
const ICONS = {
  drop: "M8 10.5v-7M5 6l3-3 3 3M2.8 10.5v2.7h10.4v-2.7",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  fold: "M4 6l4 4 4-4",
  warning: "M8 2.2l6.3 11.2H1.7zM8 6.4v3.4M8 11.6v.01",
};

export class UploadView {
  private readonly root = h("section", { class: "sw-surface swu", "aria-label": "Photos" });
  private readonly fold = h("button", { type: "button", class: "sw-plain sw-icon swu-fold" });
  private readonly count = h("span", { class: "swu-count" });
  private readonly addButton = h("button", { type: "button" }, icon(ICONS.plus), "Add photos");
  private readonly resetButton = h("button", { type: "button", class: "sw-plain" }, "Clear photos");
  private readonly chooser = h("input", {
    type: "file",
    multiple: true,
    accept: ACCEPT,
    hidden: true,
    "aria-label": "Photos to add",
  });
  private readonly invitation = h("strong");
  private readonly zone: HTMLButtonElement;
  private readonly list = h("ol", { class: "swu-list" });
  private readonly errors = h("ul", { class: "swu-errors", role: "alert" });
  private readonly dismissAll = h(
    "button",
    { type: "button", class: "sw-plain swu-dismiss", hidden: true },
    "Dismiss all",
  );
  private readonly sentence = h("p", { class: "swu-sentence", role: "status" });
  private readonly lost = h(
    "p",
    { class: "swu-lost", role: "alert", hidden: true },
    `${kernelGone()} Photos in the old panel are gone.`,
  );
  private readonly cards = new Map<string, Card>();
  private readonly cleanup = new Cleanup();
  private dragDepth = 0;

  constructor(
    el: HTMLElement,
    private readonly store: Store,
  ) {
    style(el, "surface", surfaceCss);
    style(el, "upload", uploadCss + foldedCss);
    this.zone = h(
      "button",
      { type: "button", class: "swu-zone" },
      icon(ICONS.drop),
      this.invitation,
      h("span", {}, "or click to choose them"),
      h("small", {}, `JPEG, PNG, WebP or HEIC, up to ${formatBytes(store.maxBytes)} each`),
    );
    this.fold.append(icon(ICONS.fold));
    this.resetButton.title = "Remove all photos and messages";
    this.addButton.title = "Choose photos on this computer";
    const head = h(
      "header",
      { class: "swu-head" },
      this.fold,
      h("h3", {}, "Photos"),
      this.count,
      h("span", { class: "swu-space" }),
      this.addButton,
      this.resetButton,
    );
    this.root.append(
      head,
      this.lost,
      this.zone,
      this.list,
      this.errors,
      this.dismissAll,
      this.sentence,
      this.chooser,
      h("div", { class: "swu-veil", "aria-hidden": true }, "Drop to add"),
    );
    el.append(this.root);
    this.listen();
    this.cleanup.add(
      followTheme(this.root),
      store.subscribe(() => this.update()),
    );
    this.update();
  }

  dispose(): void {
    this.cleanup.run();
    this.root.remove();
  }

  private listen(): void {
    const choose = () => this.chooser.click();
    const fold = () => this.store.act({ kind: "fold", folded: !this.store.folded });
    this.cleanup.on(this.fold, "click", fold);
    this.cleanup.on(this.list, "click", () => {
      if (this.store.folded) fold();
    });
    this.cleanup.on(this.zone, "click", choose);
    this.cleanup.on(this.addButton, "click", choose);
    this.cleanup.on(this.resetButton, "click", () => this.store.act({ kind: "reset" }));
    this.cleanup.on(this.dismissAll, "click", () => this.store.act({ kind: "dismiss", id: null }));
    this.cleanup.on(this.chooser, "change", () => {
      void this.store.addFiles([...(this.chooser.files ?? [])]);
      this.chooser.value = ""; // the same file may be chosen again
    });
    this.cleanup.on(this.root, "dragenter", (event) => this.onDragEnter(event));
    this.cleanup.on(this.root, "dragover", (event) => this.onDragOver(event));
    this.cleanup.on(this.root, "dragleave", () => this.showVeil(this.dragDepth - 1));
    this.cleanup.on(this.root, "drop", (event) => this.onDrop(event));
    this.cleanup.on(this.list, "dragstart", (event) => this.onDragStart(event));
    this.cleanup.on(this.list, "dragend", () => this.markTarget(undefined));
    // Lab's shortcuts (delete a cell with D D) must not act on what has the focus here.
    this.cleanup.on(this.root, "keydown", (event) => event.stopPropagation());
  }

  private update(): void {
    const { items, transfers } = this.store;
    const entries: Entry[] = [
      ...items.map((item, position): Entry => {
        return { kind: "photo", item, position, count: items.length };
      }),
      // A file is in both lists until the kernel's final answer.
      ...transfers
        .filter(({ id }) => !items.some((item) => item.id === id))
        .map((transfer): Entry => ({ kind: "transfer", transfer })),
    ];
    this.placeCards(entries);
    const empty = entries.length === 0;
    const full = entries.length >= this.store.maxImages;
    this.count.textContent = empty ? "" : `${entries.length} of ${this.store.maxImages}`;
    this.invitation.textContent = `Drop ${this.store.maxChosen === 2 ? "two " : "two or more "}photos here`;
    const folded = this.store.folded && !empty;
    this.root.toggleAttribute("data-folded", folded);
    this.fold.hidden = empty;
    this.fold.title = folded ? "Show the photos large" : "Show the photos small";
    this.fold.setAttribute("aria-label", this.fold.title);
    this.fold.setAttribute("aria-expanded", String(!folded));
    this.fold.disabled = !this.store.connected;
    this.zone.hidden = !empty;
    this.list.hidden = empty;
    this.root.toggleAttribute("data-few", entries.length <= FEW);
    this.zone.disabled = !this.store.connected;
    this.addButton.disabled = full || !this.store.connected;
    this.resetButton.disabled = (empty && !this.store.errors.length) || !this.store.connected;
    this.lost.hidden = this.store.connected;
    this.sentence.textContent = this.store.sentence;
    this.showErrors();
    this.root.dataset.ready = String(items.length);
  }

  private placeCards(entries: Entry[]): void {
    const focused = activeElement(this.root);
    const wanted = new Set(entries.map(entryId));
    for (const [id, card] of this.cards) {
      if (wanted.has(id)) continue;
      card.el.remove();
      this.cards.delete(id);
    }
    entries.forEach((entry, i) => {
      const id = entryId(entry);
      const card = this.cards.get(id) ?? new Card(this.store);
      this.cards.set(id, card);
      card.update(entry);
      const there = this.list.children[i];
      if (there !== card.el) this.list.insertBefore(card.el, there ?? null);
    });
    // A moved element loses the focus; a disabled button passes it to its neighbour.
    if (!(focused instanceof HTMLButtonElement) || !focused.isConnected) return;
    const other = focused.disabled
      ? focused.closest(".swu-card")?.querySelector<HTMLElement>(".swu-foot button:enabled")
      : focused;
    if (other && activeElement(this.root) !== other) other.focus();
  }

  private showErrors(): void {
    const rows = this.store.errors.map(({ id, name, reason }) => {
      const dismiss = h(
        "button",
        { type: "button", class: "sw-plain sw-icon", "aria-label": `Dismiss: ${name}` },
        icon(ICONS.close),
      );
      dismiss.addEventListener("click", () => this.store.act({ kind: "dismiss", id }));
      const text = h("span", {}, h("b", {}, name), ` ${reason}`);
      return h("li", {}, icon(ICONS.warning), text, dismiss);
    });
    const before = this.errors.textContent;
    const fragment = h("ul", {}, ...rows);
    // Replaced only when the text changes: a screen reader reads it again each time.
    if (fragment.textContent !== before || rows.length !== this.errors.children.length) {
      this.errors.replaceChildren(...rows);
    }
    this.errors.hidden = rows.length === 0;
    this.dismissAll.hidden = rows.length < 2;
  }

  private onDragEnter(event: DragEvent): void {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    this.showVeil(this.dragDepth + 1);
  }

  private onDragOver(event: DragEvent): void {
    if (!event.dataTransfer) return;
    if (hasFiles(event)) {
      event.dataTransfer.dropEffect = this.store.connected ? "copy" : "none";
    } else if (event.dataTransfer.types.includes(PHOTO_TYPE)) {
      event.dataTransfer.dropEffect = "move";
      this.markTarget(event);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private onDrop(event: DragEvent): void {
    const data = event.dataTransfer;
    this.showVeil(0);
    if (!data) return;
    if (hasFiles(event)) {
      if (this.store.connected) void this.addDropped(data);
    } else if (data.types.includes(PHOTO_TYPE)) {
      const id = data.getData(PHOTO_TYPE);
      const to = this.positionAt(event, id);
      if (to !== undefined) this.store.act({ kind: "move", id, to });
    } else return;
    this.markTarget(undefined);
    event.preventDefault();
    event.stopPropagation();
  }

  private async addDropped(data: DataTransfer): Promise<void> {
    const names = [...data.files].map((file) => file.name).join(", ");
    try {
      await this.store.addFiles(await droppedFiles(data));
    } catch (error) {
      console.error(error);
      this.store.refuse(newId(), names, "cannot be read; drop the photos themselves");
    }
  }

  private onDragStart(event: DragEvent): void {
    const card = (event.target as HTMLElement).closest<HTMLElement>(".swu-card");
    if (!card?.dataset.id || !event.dataTransfer) return;
    event.dataTransfer.setData(PHOTO_TYPE, card.dataset.id);
    event.dataTransfer.effectAllowed = "move";
    event.stopPropagation();
  }

  /** Where in the list a dragged photo would land, counted without itself. */
  private positionAt(event: DragEvent, id: string): number | undefined {
    const target = this.targetOf(event);
    if (!target) return undefined;
    const others = this.store.items.map((item) => item.id).filter((other) => other !== id);
    const at = others.indexOf(target.card.dataset.id ?? "");
    return at < 0 ? undefined : at + (target.after ? 1 : 0);
  }

  private targetOf(event: DragEvent): { card: HTMLElement; after: boolean } | undefined {
    const cards = [...this.list.querySelectorAll<HTMLElement>(".swu-card[data-kind=photo]")];
    const card = cards.find((one) => one.contains(event.target as Node));
    if (!card) return undefined;
    const box = card.getBoundingClientRect();
    return { card, after: event.clientX > box.left + box.width / 2 };
  }

  private markTarget(event: DragEvent | undefined): void {
    const target = event && this.targetOf(event);
    for (const { el } of this.cards.values()) {
      if (target?.card === el) el.dataset.drop = target.after ? "after" : "before";
      else delete el.dataset.drop;
    }
  }

  private showVeil(depth: number): void {
    this.dragDepth = Math.max(0, depth);
    this.root.toggleAttribute("data-over", this.dragDepth > 0);
  }
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
