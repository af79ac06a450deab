// anywidget entry of the studio's strip: one set of transfers per widget, one view per cell.
import type { AnyModel, AnyWidget } from "@anywidget/types";
import { newId } from "../shared/ids";
import type { RunStripState } from "../shared/state.gen";
import { type Incoming, Sender } from "../upload/sender";
import { type DownloadMessage, Downloads, offer } from "./download";
import { StripView } from "./strip";

export const strip: AnyWidget<RunStripState> = () => {
  let link: Link | undefined;
  return {
    initialize({ model }) {
      link = new Link(model);
      return () => link?.dispose();
    },
    render({ model, el, signal }) {
      link ??= new Link(model);
      const view = new StripView(el, model, link);
      signal?.addEventListener("abort", () => view.dispose(), { once: true });
      return () => view.dispose();
    },
  };
};

/** Files both ways, whatever views there are. */
export class Link {
  readonly sender: Sender;
  readonly downloads: Downloads;
  private readonly listeners = new Set<() => void>();
  private readonly stop: () => void;

  constructor(private readonly model: AnyModel<RunStripState>) {
    const changed = () => {
      for (const listener of this.listeners) listener();
    };
    this.sender = new Sender({
      send: (message, buffer) => model.send(message, undefined, buffer ? [buffer] : []),
      changed,
    });
    this.downloads = new Downloads({
      acknowledge: (request) => this.send({ kind: "download_ack", request }),
      offer,
      changed,
    });
    const receive = (message: Incoming | DownloadMessage, buffers: DataView[]) => {
      if (message.kind === "download" || message.kind === "download_chunk") {
        this.downloads.receive(message, buffers);
      } else if (message.kind.startsWith("file_")) this.sender.receive(message);
    };
    model.on("msg:custom", receive);
    this.stop = () => model.off("msg:custom", receive);
  }

  send(message: object): void {
    this.model.send(message);
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
}
