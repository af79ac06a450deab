// A view of the viewer on a page: wires traits and messages to a panel.
import type { AnyModel } from "@anywidget/types";
import { SETTINGS } from "../engine/settings";
import { Channel, type Message } from "../page/channel";
import { ChunkReceiver, Patience } from "../page/chunks";
import { newId } from "../page/ids";
import type {
  Chunk,
  ChunksState,
  SceneAnnounced,
  SceneHeader,
  SnapshotRequest,
  SplatViewerState,
  ViewerToKernel,
  ViewerToPage,
} from "../page/state.gen";
import { bind, Saver } from "../page/sync";
import { Panel } from "./panel";
import { hideStill } from "./still";

type Model = AnyModel<SplatViewerState>;

const STATUS_INTERVAL_MS = 120;

/** @typeParam More what a widget that extends the viewer sends besides. */
export class View<More extends Message = never> {
  readonly id = newId();
  readonly panel: Panel;
  private readonly saver: Saver<SplatViewerState>;
  private readonly stops: (() => void)[] = [];
  private readonly channel: Channel<ViewerToPage, ViewerToKernel | More>;
  private readonly patience = new Patience({
    ask: () => this.ask(),
    changed: () => this.panel.setWaiting(this.patience.waiting),
  });
  private chunks: ChunkReceiver | undefined; // of the scene that was announced last
  private announced = false; // the kernel has answered the last `ready`
  private question = 0; // asked about a `ready` without an answer
  private snapshots: SnapshotRequest[] = []; // asked for before the scene was there
  private readonly still: ReturnType<typeof hideStill>;
  private settled = false; // every splat of the scene is drawn, or there is none
  private disposed = false;

  /** @param rest gets the messages to this view that are not the viewer's own. */
  constructor(
    model: Model,
    el: HTMLElement,
    rest?: (message: Message, buffers: DataView[]) => void,
  ) {
    this.channel = new Channel(model, () => this.lost());
    this.saver = new Saver(model, STATUS_INTERVAL_MS);
    this.still = hideStill(model.get("_still"));
    const set = this.saver.set.bind(this.saver);
    this.panel = new Panel(el, {
      camera: (state) => set("camera", state),
      settings: (chosen) => {
        for (const key of SETTINGS) if (key in chosen) set(key, chosen[key] as never);
      },
      status: (status) => {
        set("status", { ...status, view: this.id });
        this.still.hidden = status.phase !== "error";
        this.settled = ["ready", "empty", "error"].includes(status.phase);
        if (this.settled) queueMicrotask(() => this.answerSnapshots());
      },
    });
    this.stops.push(
      bind(model, "height", (px) => this.panel.setHeight(px)),
      ...SETTINGS.map((key) => bind(model, key, (value) => this.panel.set({ [key]: value }))),
      bind(model, "camera", (state) => this.panel.setCamera(state)),
    );
    this.channel.receive(
      {
        scene: (message) => this.isOurs(message) && this.begin(message),
        snapshot: (message) => this.isOurs(message) && this.takeRequest(message),
        chunk: (message, buffers) => this.takeChunks(message, buffers),
        chunks_state: (message, buffers) => this.takeChunks(message, buffers),
      },
      rest && ((message, buffers) => this.isOurs(message) && rest(message, buffers)),
    );
    // A page that is left or reloaded takes no widget down by itself.
    const leave = () => this.channel.send({ kind: "closed", view: this.id });
    const comeBack = ({ persisted }: PageTransitionEvent) => {
      if (persisted) this.askForScene();
    };
    addEventListener("pagehide", leave);
    addEventListener("pageshow", comeBack);
    this.stops.push(
      this.channel.watch(model),
      () => this.channel.dispose(),
      () => removeEventListener("pagehide", leave),
      () => removeEventListener("pageshow", comeBack),
    );
    this.askForScene();
  }

  /** Sends a message of the widget that extends the viewer. */
  send(message: More, buffers?: ArrayBuffer[]): void {
    this.channel.send(message, buffers);
  }

  private isOurs(message: { view?: string | null }): boolean {
    return (message.view ?? this.id) === this.id;
  }

  private askForScene(): void {
    this.chunks = undefined;
    this.announced = false;
    this.channel.send({ kind: "ready", view: this.id });
    this.patience.expect();
  }

  private ask(): void {
    if (this.chunks) this.chunks.ask();
    else {
      const question = ++this.question;
      this.channel.send({ kind: "chunks_question", transfer: this.id, question });
    }
  }

  private lost(): void {
    this.patience.stop();
    this.panel.setDisconnected();
  }

  private begin({ transfer, header }: SceneAnnounced): void {
    this.announced = true;
    this.chunks = header?.chunks ? this.receiver(transfer, header) : undefined;
    this.panel.begin(header);
    if (this.chunks) this.patience.expect();
    else this.patience.stop();
  }

  private receiver(transfer: string, { chunks, chunk_splats, count }: SceneHeader): ChunkReceiver {
    return new ChunkReceiver(transfer, chunks, {
      send: (message) => this.channel.send(message),
      take: (number, data) => {
        const first = number * chunk_splats;
        this.panel.add(first, Math.min(chunk_splats, count - first), data);
      },
      unknown: () => this.askForScene(), // forgotten, or replaced by a scene that got lost
    });
  }

  private takeChunks(message: Chunk | ChunksState, buffers: DataView[]): void {
    if (message.transfer === this.id && message.kind === "chunks_state") {
      // The kernel is there, and has sent nothing: our `ready` was lost.
      if (!this.announced && message.question === this.question) this.askForScene();
      return;
    }
    if (message.transfer !== this.chunks?.transfer) return; // another view's, or an older scene's
    this.patience.expect();
    this.chunks.receive(message, buffers);
    if (this.chunks?.isWhole) this.patience.stop();
  }

  private takeRequest(message: SnapshotRequest): void {
    this.snapshots.push(message);
    this.answerSnapshots();
  }

  private answerSnapshots(): void {
    if (!this.settled || this.disposed) return;
    for (const request of this.snapshots.splice(0)) void this.answer(request);
  }

  private async answer({ request, width, height, camera, transparent }: SnapshotRequest) {
    const reply = { kind: "snapshot", view: this.id, request, problem: "" } as const;
    try {
      const picture = await this.panel.capture({
        ...(width && { width }),
        ...(height && { height }),
        ...(camera && { camera }),
        transparent,
        overlay: !camera,
      });
      this.channel.send(reply, [await picture.arrayBuffer()]);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.channel.send({ ...reply, problem });
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.patience.stop();
    for (const stop of this.stops) stop();
    this.saver.dispose();
    this.panel.dispose();
    this.still.dispose();
    this.channel.send({ kind: "closed", view: this.id });
  }
}
