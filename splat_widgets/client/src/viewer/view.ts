// A view of the viewer on a page: wires traits and messages to a panel.
import type { AnyModel } from "@anywidget/types";
import { newId } from "../page/ids";
import type { SplatViewerState } from "../page/state.gen";
import { bind, Saver } from "../page/sync";
import type { FromKernel, ToKernel } from "./messages";
import { Panel } from "./panel";
import { hideStill } from "./still";

type Model = AnyModel<SplatViewerState>;
/** A message of this widget or of one that extends it. */
export type AnyMessage = { kind: string; view?: string };
type SnapshotRequest = Extract<FromKernel, { kind: "snapshot" }>;

const STATUS_INTERVAL_MS = 120;

export class View {
  readonly id = newId();
  readonly panel: Panel;
  private readonly saver: Saver<SplatViewerState>;
  private readonly stops: (() => void)[] = [];
  private transfer = "";
  private snapshots: SnapshotRequest[] = []; // asked for before the scene was there
  private readonly still: ReturnType<typeof hideStill>;
  private settled = false; // every splat of the scene is drawn, or there is none
  private disposed = false;

  /** @param heard gets every message to this view, after the viewer has taken its own. */
  constructor(
    private readonly model: Model,
    el: HTMLElement,
    heard: (message: AnyMessage, buffers: DataView[]) => void = () => {},
  ) {
    this.saver = new Saver(model, STATUS_INTERVAL_MS);
    this.still = hideStill(model.get("_still"));
    const set = this.saver.set.bind(this.saver);
    this.panel = new Panel(el, {
      camera: (state) => set("camera", state),
      display: (display) => set("display", display),
      splatScale: (scale) => set("splat_scale", scale),
      background: (css) => set("background", css),
      showCameras: (show) => set("show_cameras", show),
      status: (status) => {
        set("status", { ...status, view: this.id });
        this.still.hidden = status.phase !== "error";
        this.settled = ["ready", "empty", "error"].includes(status.phase);
        if (this.settled) queueMicrotask(() => this.answerSnapshots());
      },
    });
    this.stops.push(
      bind(model, "height", (px) => this.panel.setHeight(px)),
      bind(model, "background", (css) => this.panel.setBackground(css)),
      bind(model, "display", (display) => this.panel.setDisplay(display)),
      bind(model, "splat_scale", (scale) => this.panel.setSplatScale(scale)),
      bind(model, "show_cameras", (show) => this.panel.setShowCameras(show)),
      bind(model, "camera", (state) => this.panel.setCamera(state)),
    );
    const receive = (message: AnyMessage, buffers: DataView[]) => {
      if (message.view !== undefined && message.view !== this.id) return;
      this.receive(message as FromKernel, buffers);
      heard(message, buffers);
    };
    model.on("msg:custom", receive);
    // A page that is left or reloaded takes no widget down by itself.
    const leave = () => this.send({ kind: "closed", view: this.id });
    const comeBack = ({ persisted }: PageTransitionEvent) => {
      if (persisted) this.send({ kind: "ready", view: this.id });
    };
    addEventListener("pagehide", leave);
    addEventListener("pageshow", comeBack);
    this.stops.push(
      () => model.off("msg:custom", receive),
      () => removeEventListener("pagehide", leave),
      () => removeEventListener("pageshow", comeBack),
    );
    this.send({ kind: "ready", view: this.id });
  }

  private send(message: ToKernel, buffers: ArrayBuffer[] = []): void {
    this.model.send(message, undefined, buffers);
  }

  private receive(message: FromKernel, buffers: DataView[]): void {
    switch (message.kind) {
      case "scene":
        this.transfer = message.transfer;
        this.panel.begin(message.header);
        return;
      case "chunk":
        if (message.transfer !== this.transfer) return; // of a scene that was replaced
        this.panel.add(message.first, message.count, buffers[0]);
        this.send({
          kind: "received",
          view: this.id,
          transfer: this.transfer,
          number: message.number,
        });
        return;
      case "snapshot":
        this.snapshots.push(message);
        this.answerSnapshots();
        return;
    }
  }

  private answerSnapshots(): void {
    if (!this.settled || this.disposed) return;
    for (const request of this.snapshots.splice(0)) void this.answer(request);
  }

  private async answer({ request, width, height, camera, transparent }: SnapshotRequest) {
    const reply = { kind: "snapshot", view: this.id, request } as const;
    try {
      const picture = await this.panel.capture({
        ...(width && { width }),
        ...(height && { height }),
        ...(camera && { camera }),
        transparent,
        overlay: !camera,
      });
      this.send(reply, [await picture.arrayBuffer()]);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.send({ ...reply, problem });
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const stop of this.stops) stop();
    this.saver.dispose();
    this.panel.dispose();
    this.still.dispose();
    this.send({ kind: "closed", view: this.id });
  }
}
