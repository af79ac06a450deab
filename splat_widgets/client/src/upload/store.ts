// What all views of one upload panel share: transfers, previews, messages.
import type { AnyModel } from "@anywidget/types";
import { Channel } from "../page/channel";
import { kernel } from "../page/host";
import { newId } from "../page/ids";
import type {
  ItemError,
  PhotoItem,
  UploadPanelState,
  UploadToKernel,
  UploadToPage,
} from "../page/state.gen";
import { listen } from "../page/sync";
import { HEAD_BYTES, refusal } from "./check";
import { fitInside } from "./crop";
import { Sender, type Transfer } from "./sender";

export type Preview = { picture: HTMLCanvasElement; width: number; height: number };

const REDRAWN = [
  "_items",
  "_errors",
  "_sentence",
  "max_chosen",
  "max_images",
  "image_size",
  "folded",
] as const;
const PREVIEW_PX = 448;

export class Store {
  readonly sender: Sender;
  private readonly channel: Channel<UploadToPage, UploadToKernel>;
  private readonly previews = new Map<string, Preview>();
  private readonly asked = new Set<string>();
  private readonly localErrors = new Map<string, ItemError>();
  private readonly listeners = new Set<() => void>();
  private readonly stops: (() => void)[] = [];
  private decoding: Promise<void> = Promise.resolve(); // one at a time: a large photo is 200 MB
  private notified = false;
  private queued = 0; // files the kernel knows to be on the way

  constructor(private readonly model: AnyModel<UploadPanelState>) {
    this.channel = new Channel(model, () => this.disconnected());
    this.sender = new Sender({
      send: (message, buffers) => this.channel.send(message, buffers),
      changed: () => this.settle(),
    });
    this.channel.receive({
      ...this.sender.handlers,
      thumbnail: ({ id }, buffers) => void this.showThumbnail(id, buffers[0]),
    });
    this.stops.push(() => this.channel.dispose());
    for (const trait of REDRAWN) {
      this.stops.push(listen(model, trait, () => this.refresh()));
    }
    this.refresh();
  }

  get connected(): boolean {
    return this.channel.connected;
  }

  /** Learns from a view's model whether the kernel is still there; returns a stop function. */
  watch(model: AnyModel): () => void {
    return this.channel.watch(model);
  }

  get items(): PhotoItem[] {
    return this.model.get("_items");
  }

  get sentence(): string {
    return this.model.get("_sentence");
  }

  get imageSize(): number {
    return this.model.get("image_size");
  }

  /** Whether the photos are shown small, in one line. */
  get folded(): boolean {
    return this.model.get("folded");
  }

  get maxChosen(): number {
    return this.model.get("max_chosen");
  }

  get maxImages(): number {
    return this.model.get("max_images");
  }

  get maxBytes(): number {
    return this.model.get("max_file_size");
  }

  /** Files on the way and failed ones that can be tried again. */
  get transfers(): readonly Transfer[] {
    return this.sender.transfers;
  }

  get errors(): ItemError[] {
    const known = this.model.get("_errors");
    const ids = new Set(known.map((error) => error.id));
    return [...known, ...[...this.localErrors.values()].filter((error) => !ids.has(error.id))];
  }

  preview(id: string): Preview | undefined {
    return this.previews.get(id);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async addFiles(files: readonly File[]): Promise<void> {
    for (const file of files) {
      const id = newId();
      let head = new Uint8Array();
      try {
        head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
      } catch {
        this.refuse(id, file.name, "cannot be read; is it a folder?");
        continue;
      }
      const room = this.maxImages - this.items.length - this.transfers.length;
      const reason = refusal(file.size, head, { maxBytes: this.maxBytes, room });
      if (reason) {
        this.refuse(id, file.name, reason);
        continue;
      }
      this.sender.add(id, file);
      this.decoding = this.decoding.then(() => this.decode(id, file));
    }
  }

  retry(id: string): void {
    const fresh = newId();
    const preview = this.previews.get(id);
    if (preview) this.previews.set(fresh, preview);
    this.sender.retry(id, fresh);
  }

  act(action: UploadToKernel): void {
    if (action.kind === "reset") {
      for (const transfer of this.transfers) this.sender.cancel(transfer.id);
      this.localErrors.clear();
    }
    if (action.kind === "dismiss") {
      if (action.id === null) this.localErrors.clear();
      else this.localErrors.delete(action.id);
    }
    this.channel.send(action);
    this.refresh();
  }

  private disconnected(): void {
    this.sender.disconnect(`${kernel()} was restarted or shut down`);
    this.refresh();
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.sender.dispose();
    this.listeners.clear();
  }

  /** Lists a file that will not be sent, here and in the kernel. */
  refuse(id: string, name: string, reason: string): void {
    this.localErrors.set(id, { id, name, reason });
    this.channel.send({ kind: "refused", id, name, reason });
    this.refresh();
  }

  /** Reports the number of files to come, so that the kernel can wait for them. */
  private announce(): void {
    const count = this.transfers.filter(({ state }) => state !== "failed").length;
    if (count === this.queued) return;
    this.queued = count;
    this.channel.send({ kind: "queue", count });
  }

  /** Moves failed transfers that cannot be retried to the list of errors. */
  private settle(): void {
    for (const { id, state, retryable, source, reason } of this.sender.transfers) {
      if (state !== "failed" || retryable) continue;
      this.sender.cancel(id);
      if (!this.errors.some((error) => error.id === id)) this.refuse(id, source.name, reason);
    }
    this.announce();
    this.refresh();
  }

  private refresh(): void {
    if (this.notified) return;
    this.notified = true;
    queueMicrotask(() => {
      this.notified = false;
      const shown = new Set([...this.items, ...this.transfers].map(({ id }) => id));
      for (const id of this.previews.keys()) if (!shown.has(id)) this.previews.delete(id);
      const ids = this.items
        .map(({ id }) => id)
        .filter((id) => !this.previews.has(id) && !this.asked.has(id));
      for (const id of ids) this.asked.add(id);
      if (ids.length > 0) this.channel.send({ kind: "thumbnails", ids });
      for (const listener of this.listeners) listener();
    });
  }

  private async decode(id: string, file: Blob): Promise<void> {
    if (!this.transfers.some((transfer) => transfer.id === id)) return;
    try {
      this.keep(id, await createImageBitmap(file, { imageOrientation: "from-image" }));
    } catch {
      // The browser cannot read it, as with most HEIC; the kernel's thumbnail comes later.
    }
  }

  private async showThumbnail(id: string, bytes: DataView): Promise<void> {
    try {
      const blob = new Blob([bytes as DataView<ArrayBuffer>], { type: "image/jpeg" });
      this.keep(id, await createImageBitmap(blob));
    } catch (error) {
      console.error(error); // the card keeps its placeholder
    }
  }

  private keep(id: string, bitmap: ImageBitmap): void {
    const { width, height } = bitmap;
    const picture = document.createElement("canvas");
    [picture.width, picture.height] = fitInside(width, height, PREVIEW_PX);
    const context = picture.getContext("2d");
    if (context) context.imageSmoothingQuality = "high";
    context?.drawImage(bitmap, 0, 0, picture.width, picture.height);
    bitmap.close();
    this.previews.set(id, { picture, width, height });
    this.refresh();
  }
}
