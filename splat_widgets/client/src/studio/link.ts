// The studio's messages and its file transfers in both directions.
import type { AnyModel } from "@anywidget/types";
import { Answers } from "../page/answers";
import { Channel } from "../page/channel";
import { downloads as downloadRights, isApp } from "../page/host";
import { newId } from "../page/ids";
import {
  type RunStripState,
  SCENE_STARTS,
  SCENE_SUFFIXES,
  type StripToKernel,
  type StripToPage,
  UNMARKED_SUFFIXES,
} from "../page/state.gen";
import { Sender } from "../upload/sender";
import { Downloads, offer } from "./download";

/** What to do where the page may not store files. */
function blocked(): string {
  const instead = isApp()
    ? "Open it in a window of its own."
    : "Save .ply writes the scene to the kernel's folder.";
  return `This page may not store files on your computer. ${instead}`;
}

/** Messages and file transfers of one strip, shared by its views. */
export class Link {
  readonly sender: Sender;
  readonly downloads: Downloads;
  /** Why the last file of this page was not opened. */
  problem = "";
  /** Of what the person asked for with a button. */
  readonly answers: Answers;
  private readonly channel: Channel<StripToPage, StripToKernel>;
  private readonly listeners = new Set<() => void>();

  constructor(model: AnyModel<RunStripState>) {
    this.channel = new Channel(model, () => this.disconnected());
    this.sender = new Sender({
      send: (message, buffers) => this.channel.send(message, buffers),
      changed: () => this.settle(),
    });
    this.answers = new Answers(
      newId(),
      (message) => this.channel.send(message),
      () => this.notify(),
    );
    this.downloads = new Downloads({
      send: (message) => this.channel.send(message),
      offer: (name, file) => this.store(name, file),
      changed: () => this.notify(),
    });
    this.channel.receive({
      ...this.sender.handlers,
      ...this.downloads.handlers,
      chunks_state: (message, buffers) => {
        if (this.answers.receive(message)) return;
        const both = this.downloads.has(message.transfer) ? this.downloads : this.sender;
        both.handlers.chunks_state(message, buffers);
      },
    });
  }

  get connected(): boolean {
    return this.channel.connected;
  }

  /** Learns from a view's model whether the kernel is still there; returns a stop function. */
  watch(model: AnyModel): () => void {
    return this.channel.watch(model);
  }

  /** Sends what the person asked for with a button. */
  send(message: StripToKernel): void {
    this.channel.send(message);
    if (this.connected) this.answers.expect();
  }

  /** Uploads a local scene; other files are refused. */
  async open(file: File): Promise<void> {
    this.report("");
    const reason = await refusal(file);
    if (reason) this.report(`${file.name} was not opened: ${reason}`);
    else this.sender.add(newId(), file);
  }

  private disconnected(): void {
    for (const { id } of this.sender.transfers) this.sender.cancel(id);
    this.downloads.clear();
    this.answers.stop();
    this.notify();
  }

  private store(name: string, file: Blob): void {
    const rights = downloadRights();
    if (rights !== "blocked") offer(name, file);
    if (rights !== "allowed")
      this.report(`${rights === "blocked" ? "" : "If no download has begun: "}${blocked()}`);
  }

  /** Fetches a scene's file in a format of `SCENE_FORMATS`. */
  download(id: number, format: string): void {
    this.downloads.ask({ kind: "download", id, format, request: newId() });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispose(): void {
    this.channel.dispose();
    this.sender.dispose();
    this.downloads.clear();
    this.answers.stop();
    this.listeners.clear();
  }

  /** Removes and reports a failed transfer so that the next one can start. */
  private settle(): void {
    const failed = this.sender.transfers.find(({ state }) => state === "failed");
    if (!failed) {
      this.notify();
      return;
    }
    this.report(`${failed.source.name} was not opened: ${failed.reason}`);
    this.sender.cancel(failed.id); // which comes back here
  }

  private report(problem: string): void {
    this.problem = problem;
    this.notify();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}

async function refusal(file: File): Promise<string> {
  if (file.size === 0) return "it is empty.";
  try {
    const bytes = new Uint8Array(await file.slice(0, 8).arrayBuffer());
    // Text editors put a byte order mark first.
    const head = String.fromCharCode(...bytes).replace(/^\xef\xbb\xbf/, "");
    const name = file.name.toLowerCase();
    const starts = SCENE_STARTS.some((start) => head.toLowerCase().startsWith(start.toLowerCase()));
    const known = starts || UNMARKED_SUFFIXES.some((ending) => name.endsWith(ending));
    return known ? "" : `it is no scene in a known format (${SCENE_SUFFIXES.join(", ")}).`;
  } catch {
    return "it cannot be read; was it moved or changed?";
  }
}
