// A view of the viewer on a page: wires traits and messages to a panel.
import type { AnyModel } from "@anywidget/types";
import { SETTINGS } from "../engine/settings";
import { Channel, type Message } from "../page/channel";
import { ChunkReceiver, Patience } from "../page/chunks";
import { newId } from "../page/ids";
import { Requests } from "../page/requests";
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
import { hideStill } from "../page/still";
import { bind, listen, Saver } from "../page/sync";
import type { Vec3 } from "../page/wire";
import { Panel } from "./panel";

type Model = AnyModel<SplatViewerState>;

const STATUS_INTERVAL_MS = 120;
const UNASKED = new Set(["ready", "news"]); // questions that nobody has asked for

/** @typeParam More what a widget that extends the viewer sends besides. */
export class View<More extends Message = never> {
  readonly id = newId();
  readonly panel: Panel;
  private readonly saver: Saver<SplatViewerState>;
  private readonly stops: (() => void)[] = [];
  private readonly channel: Channel<ViewerToPage, ViewerToKernel | More>;
  private readonly patience = new Patience({
    ask: () => this.chunks?.ask(),
    changed: () => this.showWaiting(),
  });
  /** Of this view, and of a widget that extends the viewer. */
  readonly requests = new Requests(
    this.id,
    (message) => this.channel.send(message),
    () => this.showWaiting(),
  );
  private transfer: string | null = null; // announced last; null while nothing has been
  private chunks: ChunkReceiver | undefined; // of that transfer
  private snapshots: SnapshotRequest[] = []; // asked for before the scene was there
  private readonly still: ReturnType<typeof hideStill>;
  private disposed = false;

  /** @param rest gets the messages to this view that are not the viewer's own. */
  constructor(
    private readonly model: Model,
    el: HTMLElement,
    rest?: (message: Message, buffers: DataView[]) => void,
  ) {
    this.channel = new Channel(model, () => this.lost());
    this.saver = new Saver(model, (values) => this.saveTraits(values), STATUS_INTERVAL_MS);
    this.still = hideStill(model);
    const set = this.saver.set.bind(this.saver);
    this.panel = new Panel(el, {
      camera: (state) => set("camera", state),
      settings: (chosen) => {
        for (const key of SETTINGS) if (key in chosen) set(key, chosen[key] as never);
      },
      measured: (measured) => set("measured", measured),
      saved: (cameras) => set("saved_cameras", cameras),
      known: (points, metres) => this.scaleTo(points, metres),
      showPredicted: (predicted) => set("show_predicted", predicted),
      readPlain: (plain) => set("read_plain", plain),
      status: (status) => {
        set("status", { ...status, view: this.id });
        this.still.hidden = status.phase !== "error";
        queueMicrotask(() => this.answerSnapshots());
      },
    });
    this.stops.push(
      bind(model, "height", (px) => this.panel.setHeight(px)),
      ...SETTINGS.map((key) => bind(model, key, (value) => this.panel.set({ [key]: value }))),
      bind(model, "camera", (state) => this.panel.setCamera(state)),
      bind(model, "_has_predicted", () => this.showVariants(model)),
      bind(model, "show_predicted", () => this.showVariants(model)),
      bind(model, "_doubt", () => this.showDoubt(model)),
      bind(model, "read_plain", () => this.showDoubt(model)),
      bind(model, "saved_cameras", (cameras) => this.panel.setSaved(cameras)),
      bind(model, "measured", (measured) => this.panel.setMeasured(measured)),
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
    // What the kernel sent while the line was cut is lost. No host says that a line is back.
    // JupyterLab then brings the traits up to date; elsewhere somebody comes back to the page.
    const ask = () => this.requests.has("ready") || this.greet();
    addEventListener("focus", ask);
    addEventListener("online", ask);
    document.addEventListener("visibilitychange", ask);
    this.stops.push(
      this.channel.watch(model),
      () => this.channel.dispose(),
      () => removeEventListener("pagehide", leave),
      () => removeEventListener("pageshow", comeBack),
      () => removeEventListener("focus", ask),
      () => removeEventListener("online", ask),
      () => document.removeEventListener("visibilitychange", ask),
      listen(model, "_revision", () => this.expectNews()),
    );
    this.askForScene();
  }

  /** Sends a message of the widget that extends the viewer. */
  send(message: More, buffers?: ArrayBuffer[]): void {
    this.channel.send(message, buffers);
  }

  /** Tells the kernel of traits that this view changed. */
  saveTraits(values: { [key: string]: unknown }): void {
    this.channel.send({ kind: "traits", view: this.id, values });
  }

  private scaleTo(points: Vec3[], metres: number): void {
    const scene = this.panel.inner?.header?.scene;
    if (scene) this.channel.send({ kind: "length", view: this.id, scene, points, metres });
  }

  private showVariants(model: Model): void {
    this.panel.setVariants(model.get("_has_predicted"), model.get("show_predicted"));
  }

  private showDoubt(model: Model): void {
    this.panel.setDoubt(model.get("_doubt"), model.get("read_plain"));
  }

  private isOurs(message: { view?: string | null }): boolean {
    return (message.view ?? this.id) === this.id;
  }

  private askForScene(): void {
    this.chunks = undefined;
    this.transfer = null;
    this.patience.stop();
    this.greet();
  }

  private greet(): void {
    this.requests.open("ready", () => this.sayReady());
  }

  // It comes right after the trait, unless it was lost and JupyterLab has restored the trait.
  private expectNews(): void {
    if (!this.requests.has("ready")) this.requests.expect("news", () => this.sayReady());
  }

  private sayReady(): void {
    this.channel.send({ kind: "ready", view: this.id, transfer: this.transfer });
  }

  // A page that has everything says nothing of a kernel that is busy.
  private showWaiting(): void {
    const keys = this.requests.keys.filter((key) => this.transfer === null || !UNASKED.has(key));
    this.panel.setWaiting(this.patience.waiting || (this.requests.isWaiting && keys.length > 0));
  }

  private lost(): void {
    this.patience.stop();
    this.requests.closeAll();
    this.panel.setDisconnected();
  }

  private begin({ transfer, header }: SceneAnnounced): void {
    this.requests.close("ready");
    this.requests.close("news");
    if (transfer === this.transfer) return; // the answer to a greeting: nothing has changed
    this.transfer = transfer;
    this.chunks = header?.chunks ? this.receiver(transfer, header) : undefined;
    this.panel.begin(header);
    this.panel.setMeasured(this.model.get("measured")); // it may have moved with the scene
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
    if (message.kind === "chunks_state") this.requests.receive(message);
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
    if (!this.panel.isWhole || this.disposed) return;
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
    this.requests.closeAll();
    for (const stop of this.stops) stop();
    this.saver.dispose();
    this.panel.dispose();
    this.still.dispose();
    this.channel.send({ kind: "closed", view: this.id });
  }
}
