// What the parts of the inspector share: traits, attributes, selection, what is pointed at. The
// parts ask it and hear of changes; it tells the picture and the kernel.
import type { AnyModel } from "@anywidget/types";
import {
  type Contribution,
  colormap,
  combine,
  countOf,
  Inspection,
  inDensity,
  inPhoto,
  inRange,
  type Mask,
  PIXEL_CHANNELS,
  packBits,
  unpackBits,
} from "../engine/index";
import type { Scene } from "../engine/scene";
import { Emitter } from "../page/emitter";
import type {
  ActionName,
  AttributeItem,
  InspectorState,
  PickedAnswer,
  SelectHow,
  Shown,
} from "../page/state.gen";
import { bind, type Saver } from "../page/sync";
import type { Vec3 } from "../page/wire";
import type { View } from "../viewer/view";
import { AttributeStore, type Channel, Superseded } from "./attributeStore";
import type { FromKernel, ToKernel } from "./messages";
import { type Mode, modeOf } from "./modes";
import type { Point } from "./plots/brush";
import type { Scale } from "./plots/scale";

export type Volume =
  | { kind: "box"; center: Vec3; half_sizes: Vec3 }
  | { kind: "sphere"; center: Vec3; radius: number };

/** The colours of the splats: which map over which values. */
export type Colour = Scale & { map: string };

type Changes = {
  selection: undefined;
  shown: undefined; // which splats are hidden
  channel: string; // has come, or is waited for, or failed
  hover: undefined;
  picked: { isNew: boolean };
  photos: undefined;
  scene: undefined; // another one, or the same complete
  theme: undefined;
  volume: Volume | undefined;
  problem: undefined;
  script: string;
};

type Key = keyof InspectorState & string;
// A selection without what every one has.
type Part<T> = T extends { mode: Mode } ? Omit<T, "mode" | "shown"> : never;
type Region = Part<SelectHow>;

export class Session {
  readonly changes = new Emitter<Changes>();
  readonly attributes: AttributeStore;
  readonly inspection = new Inspection();
  selected = 0;
  shownCount = 0;
  hovered = -1;
  picked: PickedAnswer | undefined;
  pickedPicture: Blob | undefined;
  photos: ImageBitmap[] = [];
  volume: Volume | undefined;
  /** What went wrong here, until something else is said. */
  problem = "";
  private known = ""; // scene on the screen
  private stack: Contribution[] = [];
  private pickNumber = 0;
  private photosAsked = false;
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly model: AnyModel<InspectorState>,
    private readonly view: View,
    private readonly saver: Saver<InspectorState>,
  ) {
    this.attributes = new AttributeStore(
      (request, name) => this.send({ kind: "attribute", request, name }),
      (name, channel) => this.channelChanged(name, channel),
    );
    view.panel.onScene = (scene) => this.sceneChanged(scene);
    this.stops.push(
      ...LOOK.map((key) => this.bind(key, () => this.applyLook())),
      this.bind("show_panel", (show) => {
        if (show) this.changes.emit("scene", undefined); // plots load what they show
      }),
      this.bind("message", () => {
        this.problem = "";
        this.changes.emit("problem", undefined);
      }),
    );
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.view.panel.onScene = () => {};
    this.attributes.clear();
    this.clearPhotos();
    this.inspection.dispose();
  }

  get<K extends Key>(key: K): InspectorState[K] {
    return this.model.get(key);
  }

  /** Changes a trait here at once and in Python soon. */
  set<K extends Key>(key: K, value: InspectorState[K]): void {
    this.saver.set(key, value);
  }

  bind<K extends Key>(key: K, apply: (value: InspectorState[K]) => void): () => void {
    return bind<InspectorState, K>(this.model, key, apply);
  }

  /** Splats on the page. */
  get count(): number {
    return this.inspection.count;
  }

  /** Selected splats: 1 each, in wire order. */
  get mask(): Mask {
    return this.inspection.selection;
  }

  /** Size of the scene: radius of a ball that holds most of it. */
  get radius(): number {
    return this.view.panel.inner?.header?.bounds.radius ?? 1;
  }

  item(name: string): AttributeItem | undefined {
    return this.get("catalogue").find((item) => item.name === name);
  }

  /** Loads an attribute if it is not there; problems are said. */
  want(name: string): void {
    if (!name || !this.count) return;
    this.attributes.load(name).catch((error: unknown) => this.fail(error));
  }

  /** Loads an attribute for a plot of the panel, unless that is hidden. */
  wantForPanel(name: string): void {
    if (this.get("show_panel")) this.want(name);
  }

  /** Says something that went wrong on the page. */
  fail(error: unknown): void {
    if (error instanceof Superseded) return;
    this.problem = error instanceof Error ? error.message : String(error);
    this.changes.emit("problem", undefined);
  }

  /** Takes away what was said last. */
  hush(): void {
    this.problem = "";
    if (this.get("message").text) this.set("message", { level: "info", text: "" });
    this.changes.emit("problem", undefined);
  }

  /** The range in which the colours' attribute is shown by default; undefined until it is here. */
  colourLimits(): [number, number] | undefined {
    const channel = this.attributes.get(this.get("color_by"));
    return channel && (this.get("color_log") ? channel.limitsLog : channel.limits);
  }

  /** The scale of the colours; undefined without one, or until its values are here. */
  colour(): Colour | undefined {
    const limits = this.colourLimits();
    if (!limits) return undefined;
    const range = this.get("color_range");
    const [low, high] = range.length === 2 ? range : limits;
    const map = this.get("colormap") || this.item(this.get("color_by"))?.colormap || "viridis";
    return { low, high, log: this.get("color_log"), map };
  }

  /** The mode of a gesture: Shift adds, Alt subtracts, both intersect, neither as chosen. */
  modeOf(event: MouseEvent): Mode {
    return modeOf(event, this.get("select_mode"));
  }

  selectPicture(kind: "rectangle" | "lasso", points: Point[], mode: Mode): void {
    const camera = this.inspection.camera();
    if (!camera) return;
    const through = this.get("select_through");
    const inside = this.inspection.inPicture({ kind, points }, through);
    this.select({ kind, camera, points, through }, inside, mode);
  }

  selectVolume(mode: Mode): void {
    const { volume } = this;
    if (!volume) return;
    const inside =
      volume.kind === "box"
        ? this.inspection.inBox(volume.center, volume.half_sizes)
        : this.inspection.inSphere(volume.center, volume.radius);
    this.select(volume, inside, mode);
  }

  async selectRange(
    attribute: string,
    low: number | null,
    high: number | null,
    mode: Mode,
  ): Promise<void> {
    try {
      const { values } = await this.attributes.load(attribute);
      this.select({ kind: "range", attribute, low, high }, inRange(values, low, high), mode);
    } catch (error) {
      this.fail(error);
    }
  }

  selectDensity(attributes: [string, string], points: Point[], mode: Mode): void {
    const [x, y] = attributes.map((name) => this.attributes.get(name)?.values);
    if (!x || !y) return;
    const log: [boolean, boolean] = [...this.get("scatter_log")];
    const inside = inDensity([x, y], log, points);
    this.select({ kind: "density", attributes, points, log }, inside, mode);
  }

  selectPhoto(view: number, points: Point[], mode: Mode): void {
    const pixels = this.inspection.pixels();
    if (!pixels) return;
    const inside = inPhoto(pixels, view, points);
    this.select({ kind: "photo", photo_view: view, points }, inside, mode);
  }

  selectPicked(mode: Mode): void {
    const wire = this.picked?.wire ?? -1;
    if (wire < 0) return;
    this.selectWire(wire, mode);
  }

  selectWire(wire: number, mode: Mode): void {
    const inside = new Uint8Array(this.count);
    inside[wire] = 1;
    this.select({ kind: "pick", wires: [wire] }, inside, mode);
  }

  selectWhole(kind: "all" | "none" | "invert" | "grow"): void {
    const { shown } = this.inspection;
    let mask: Mask = new Uint8Array(this.count);
    if (kind === "grow") {
      if (!this.inspection.pixels()) {
        for (const name of PIXEL_CHANNELS) this.want(name);
        this.fail(new Error("The pixels of the splats are still loading; try again."));
        return;
      }
      mask = this.inspection.grown();
    } else if (kind === "all") mask = shown.slice();
    else if (kind === "invert") mask = combine("subtract", shown, this.mask);
    this.commit({ kind, shown: this.whatIsShown() }, mask);
  }

  private select(region: Region, inside: Mask, mode: Mode): void {
    const how = { ...region, mode, shown: this.whatIsShown() } as SelectHow;
    this.commit(how, this.inspection.selected(mode, inside));
  }

  private commit(how: SelectHow, mask: Mask): void {
    const { scene } = this;
    if (!scene) return;
    this.send({ kind: "select", scene, how }, [packBits(mask).buffer]); // before plots are counted
    this.setMask(mask);
  }

  private setMask(mask: Mask): void {
    this.inspection.setSelection(mask);
    this.selected = countOf(mask);
    this.changes.emit("selection", undefined);
    if (this.get("isolate")) this.countShown();
  }

  /** Marks splats in the picture as if they were selected; undefined marks the selected again. */
  preview(mask: Mask | undefined): void {
    this.view.panel.inner?.setMarks(mask ?? this.mask);
  }

  /** Splats farther from their neighbours than so many times as usual. */
  async floaters(threshold: number): Promise<Mask | undefined> {
    try {
      const { values } = await this.attributes.load(this.get("scene_info").floaters);
      const least = Math.fround(threshold);
      return Uint8Array.from(values, (value) => (value > least ? 1 : 0));
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  private whatIsShown(): Shown {
    return {
      filters: this.get("filters"),
      views_shown: this.get("views_shown"),
      isolate: this.get("isolate"),
      overrides: this.get("overrides"),
      opacity_scale: this.get("opacity_scale"),
      splat_scale: this.get("splat_scale"),
    };
  }

  /** Lets the kernel change the scene. */
  act(name: ActionName, more: Record<string, unknown> = {}): void {
    if (this.scene) this.send({ kind: "action", scene: this.scene, name, ...more });
  }

  setVolume(volume: Volume | undefined): void {
    this.volume = volume;
    this.inspection.setRegion(
      volume?.kind === "box"
        ? { kind: "box", center: volume.center, halfSizes: volume.half_sizes }
        : (volume ?? null),
    );
    this.changes.emit("volume", volume);
  }

  /** Points at a splat, -1 for none. */
  hover(wire: number): void {
    if (wire === this.hovered) return;
    this.hovered = wire;
    this.inspection.setHighlight({ hovered: wire });
    this.changes.emit("hover", undefined);
  }

  /** Picks what covers most of a point of the picture, or with `step` what comes after the last. */
  pickAt(x: number, y: number, step = false): void {
    const stack = this.inspection.stackAt(x, y).slice(0, STACK_SENT);
    const same = step && stack.length > 0 && sameStack(stack, this.stack);
    this.stack = stack;
    this.pickNumber = same ? (this.pickNumber + 1) % stack.length : 0;
    this.sendPick(stack[this.pickNumber]?.wire ?? -1);
  }

  pickFromStack(number: number): void {
    this.pickNumber = number;
    const wire = this.picked?.stack[number]?.wire ?? -1;
    if (wire >= 0) this.sendPick(wire);
  }

  /** Picks a splat that was pointed at elsewhere than in the picture. */
  pickWire(wire: number): void {
    this.stack = [];
    this.sendPick(wire);
  }

  unpick(): void {
    this.stack = [];
    this.sendPick(-1);
  }

  private sendPick(wire: number): void {
    const { scene, stack, pickNumber: number } = this;
    if (!scene) return;
    const pairs = stack.map(({ wire, weight }) => [wire, weight] as [number, number]);
    this.send({ kind: "pick", scene, wire, stack: pairs, number });
  }

  wantPhotos(): void {
    if (this.photosAsked || !this.count || !this.get("show_panel")) return;
    this.photosAsked = true;
    this.send({ kind: "photos", request: this.scene });
  }

  /** Asks for the Python that does again what was done here. */
  askScript(): void {
    this.saver.flush(); // what was changed last belongs into it
    this.send({ kind: "script" });
  }

  /** Takes a message of the kernel to this view. */
  receive(message: FromKernel, buffers: DataView[]): void {
    switch (message.kind) {
      case "attribute":
        this.attributes.receive(message, buffers);
        return;
      case "stale":
        for (const name of this.attributes.forget(message.names)) this.want(name);
        return;
      case "photos":
        void this.takePhotos(message, buffers);
        return;
      case "script":
        this.changes.emit("script", message.text);
        return;
      case "picked":
        this.takePicked(message, buffers);
        return;
      case "selection":
        if (message.scene === this.scene)
          this.setMask(unpackBits(bytesOf(buffers[0]), message.total));
        return;
    }
  }

  private get scene(): string {
    return this.view.panel.inner?.header?.scene ?? "";
  }

  private async takePhotos(
    message: Extract<FromKernel, { kind: "photos" }>,
    buffers: DataView[],
  ): Promise<void> {
    if (message.request !== this.scene) return; // another one came since
    if (message.problem) {
      this.fail(new Error(message.problem));
      return;
    }
    try {
      const blobs = buffers.map((data) => new Blob([data as DataView<ArrayBuffer>]));
      const photos = await Promise.all(blobs.map((blob) => createImageBitmap(blob)));
      if (message.request !== this.scene) {
        for (const photo of photos) photo.close();
        return;
      }
      this.clearPhotos();
      this.photos = photos;
      this.changes.emit("photos", undefined);
    } catch (error) {
      this.fail(error);
    }
  }

  private clearPhotos(): void {
    for (const photo of this.photos.splice(0)) photo.close();
  }

  private takePicked(
    { kind, number, ...answer }: Extract<FromKernel, { kind: "picked" }>,
    buffers: DataView[],
  ): void {
    if (answer.problem) this.fail(new Error(answer.problem));
    const before = this.picked?.index;
    this.picked = answer.index >= 0 ? answer : undefined;
    this.pickedPicture =
      this.picked && buffers[0] ? new Blob([buffers[0] as DataView<ArrayBuffer>]) : undefined;
    if (number !== null) this.pickNumber = number;
    const [x, y, z] = answer.axes; // rows; an axis is a column
    this.inspection.setAxes(
      this.picked && z
        ? { center: answer.center, axes: [0, 1, 2].map((k) => [x[k], y[k], z[k]]) as Axes }
        : null,
    );
    this.inspection.setHighlight({ picked: this.picked?.wire ?? -1 });
    this.changes.emit("picked", { isNew: this.picked?.index !== before });
  }

  private channelChanged(name: string, channel: Channel | undefined): void {
    if (channel) {
      this.inspection.setChannel(name, channel.values);
      if (name === this.get("color_by")) this.applyLook();
      else this.countShown();
    }
    this.changes.emit("channel", name);
  }

  // Another scene has begun, or the same on a new canvas after the graphics memory was lost.
  private sceneChanged(scene: Scene): void {
    const isNew = this.scene !== this.known;
    this.known = this.scene;
    this.inspection.attach(scene);
    if (isNew) {
      this.attributes.clear();
      this.clearPhotos();
      this.photosAsked = false;
      this.selected = 0;
      this.stack = [];
      this.picked = undefined;
      this.hovered = -1;
      this.setVolume(undefined);
    }
    this.applyLook();
    this.changes.emit("scene", undefined);
    this.changes.emit("selection", undefined);
    this.changes.emit("picked", { isNew: false });
  }

  private applyLook(): void {
    const channel = this.get("color_by");
    const colour = this.colour();
    const filters = Object.entries(this.get("filters"));
    this.inspection.setLook(
      {
        colour: colour ? { ...colour, channel, map: colormap(colour.map) } : null,
        filters: filters.map(([name, [low, high]]) => ({ channel: name, low, high })),
        opacityScale: this.get("opacity_scale"),
        overrides: this.get("overrides"),
        isolate: this.get("isolate"),
      },
      this.get("views_shown"),
    );
    this.want(channel);
    for (const name of this.inspection.missing) this.want(name);
    this.countShown();
  }

  private countShown(): void {
    const count = this.inspection.numShown;
    if (count === this.shownCount) return;
    this.shownCount = count;
    this.changes.emit("shown", undefined);
  }

  private send(message: ToKernel, buffers: ArrayBuffer[] = []): void {
    this.model.send({ ...message, view: this.view.id }, undefined, buffers);
  }
}

// Traits that say how the picture looks.
const LOOK = [
  "color_by",
  "color_range",
  "color_log",
  "colormap",
  "catalogue",
  "filters",
  "views_shown",
  "overrides",
  "opacity_scale",
  "isolate",
] as const;
const STACK_SENT = 32;

type Axes = [Vec3, Vec3, Vec3];

function bytesOf(data: DataView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function sameStack(a: Contribution[], b: Contribution[]): boolean {
  return a.length === b.length && a.every(({ wire }, i) => wire === b[i].wire);
}
