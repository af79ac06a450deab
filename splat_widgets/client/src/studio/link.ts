// The studio's transfers of files, both ways.
import type { AnyModel } from "@anywidget/types";
import { newId } from "../page/ids";
import type { RunStripState } from "../page/state.gen";
import { type Incoming, Sender } from "../upload/sender";
import { type DownloadMessage, Downloads, offer } from "./download";

/** Files both ways, whatever views there are. */
export class Link {
  readonly sender: Sender;
  readonly downloads: Downloads;
  connected = true;
  /** Why the last file of this page was not opened. */
  problem = "";
  private readonly listeners = new Set<() => void>();
  private readonly stop: () => void;

  constructor(private readonly model: AnyModel<RunStripState>) {
    this.sender = new Sender({
      send: (message, buffer) => this.send(message, buffer ? [buffer] : []),
      changed: () => this.settle(),
    });
    this.downloads = new Downloads({
      acknowledge: (request) => this.send({ kind: "download_ack", request }),
      offer,
      changed: () => this.notify(),
    });
    const receive = (message: Incoming | DownloadMessage, buffers: DataView[]) => {
      if (message.kind === "download" || message.kind === "download_chunk") {
        this.downloads.receive(message, buffers);
      } else if (message.kind.startsWith("file_")) this.sender.receive(message);
    };
    model.on("msg:custom", receive);
    this.stop = () => model.off("msg:custom", receive);
  }

  send(message: object, buffers: ArrayBuffer[] = []): void {
    if (!this.connected) return;
    try {
      this.model.send(message, undefined, buffers);
    } catch (error) {
      console.error(error); // a closed comm throws in some front ends, in others nothing happens
      queueMicrotask(() => this.disconnect());
    }
  }

  /** Sends a scene of this computer, unless a look at it tells that it is none. */
  async open(file: File): Promise<void> {
    this.report("");
    const reason = await refusal(file);
    if (reason) this.report(`${file.name} was not opened: ${reason}`);
    else this.sender.add(newId(), file);
  }

  /** The kernel is gone. */
  disconnect(): void {
    if (!this.connected) return;
    this.connected = false;
    for (const { id } of this.sender.transfers) this.sender.cancel(id);
    this.downloads.clear();
    this.notify();
  }

  download(id: number): void {
    const request = newId();
    this.downloads.expect(request);
    this.send({ kind: "download", id, request });
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispose(): void {
    this.stop();
    this.sender.dispose();
    this.listeners.clear();
  }

  /** What failed leaves the transfers and says why, so that it stands in no later one's way. */
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
    const head = new TextDecoder().decode(await file.slice(0, 3).arrayBuffer());
    return head === "ply" ? "" : "it is not a .ply file.";
  } catch {
    return "it cannot be read; was it moved or changed?";
  }
}
