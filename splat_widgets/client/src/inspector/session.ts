// What the parts of the inspector share: traits, attributes, selection, what is pointed at. The
// parts ask it and hear of changes; it tells the picture and the kernel.
import type { AnyModel } from "@anywidget/types";
import { Emitter } from "../shared/emitter";
import type {
  ActionName,
  AttributeItem,
  InspectorState,
  PickedAnswer,
  SelectHow,
  Shown,
} from "../shared/state.gen";
import { bind, type Saver } from "../shared/sync";
import type { Vec3 } from "../shared/wire";
import type { View } from "../viewer/view";
import { AttributeStore, type Channel, Superseded } from "./attributeStore";
import type { Point } from "./brush";
import { insideDensity } from "./density";
import type { FromKernel, ToKernel } from "./messages";
import { type Mode, modeOf } from "./modes";
import { Picture, type StackItem } from "./picture";
import type { Scale } from "./scale";

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
};

type Key = keyof InspectorState & string;
// A selection without what every one has.
type Part<T> = T extends { mode: Mode } ? Omit<T, "mode" | "shown"> : never;
type Region = Part<SelectHow>;

export class Session {
  readonly changes = new Emitter<Changes>();
  readonly attributes: AttributeStore;
  readonly picture: Picture;
  /** Selected splats: 1, in wire order. */
  mask = new Uint8Array(0);
  selected = 0;
  shownCount = 0;
  hovered = -1;
  picked: PickedAnswer | undefined;
  pickedPicture: Blob | undefined;
  photos: ImageBitmap[] = [];
  volume: Volume | undefined;
  /** What went wrong here, until something else is said. */
  problem = "";
  private stack: StackItem[] = [];
  private pickNumber = 0;
  private photosAsked = false;
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly model: AnyModel<InspectorState>,
    private readonly view: View,
    private readonly saver: Saver<InspectorState>,
  ) {
    this.picture = new Picture(view.panel);
    this.attributes = new AttributeStore(
      (request, name) => this.send({ kind: "attribute", request, name }),
      (name, channel) => this.channelChanged(name, channel),
    );
    view.panel.onScene = () => this.sceneChanged();
    this.stops.push(
      ...(["color_by", "color_range", "color_log", "colormap", "catalogue"] as const).map((key) =>
        this.bind(key, () => this.applyColour()),
      ),
      ...(["filters", "views_shown"] as const).map((key) =>
        this.bind(key, () => this.applyFilters()),
      ),
      this.bind("overrides", () => this.applyOverrides()),
      this.bind("opacity_scale", (scale) => this.picture.setOpacityScale(scale)),
      this.bind("isolate", (on) => {
        this.picture.setIsolate(on);
        this.countShown();
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
    return this.picture.count;
  }

  item(name: string): AttributeItem | undefined {
    return this.get("catalogue").find((item) => item.name === name);
  }

  /** Loads an attribute if it is not there; problems are said. */
  want(name: string): void {
    if (!name || !this.count) return;
    this.attributes.load(name).catch((error: unknown) => this.fail(error));
  }

  /** Says something that went wrong on the page. */
  fail(error: unknown): void {
    if (error instanceof Superseded) return;
    this.problem = error instanceof Error ? error.message : String(error);
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

  /** 256 colours of 4 bytes. */
  colours(map: string): Uint8Array {
    return this.picture.colours(map);
  }

  /** The mode of a gesture: Shift adds, Alt subtracts, both intersect, neither as chosen. */
  modeOf(event: MouseEvent): Mode {
    return modeOf(event, this.get("select_mode"));
  }

  selectPicture(kind: "rectangle" | "lasso", points: Point[], mode: Mode): void {
    const camera = this.picture.camera();
    const through = this.get("select_through");
    const region = kind === "rectangle" ? points.slice(0, 2) : points;
    const inside = this.picture.inPicture(kind, region, through);
    this.select({ kind, camera, points: region, through }, inside, mode);
  }

  selectVolume(mode: Mode): void {
    if (!this.volume) return;
    this.select(this.volume, this.picture.inVolume(this.volume), mode);
  }

  async selectRange(
    attribute: string,
    low: number | null,
    high: number | null,
    mode: Mode,
  ): Promise<void> {
    try {
      const { values } = await this.attributes.load(attribute);
      const inside = this.picture.inRange(values, low, high);
      this.select({ kind: "range", attribute, low, high }, inside, mode);
    } catch (error) {
      this.fail(error);
    }
  }

  selectDensity(attributes: [string, string], points: Point[], mode: Mode): void {
    const [x, y] = attributes.map((name) => this.attributes.get(name)?.values);
    if (!x || !y) return;
    const log: [boolean, boolean] = [...this.get("scatter_log")];
    const inside = insideDensity(x, y, points, log);
    this.select({ kind: "density", attributes, points, log }, inside, mode);
  }

  selectPhoto(view: number, points: Point[], mode: Mode): void {
    const grid = this.grid();
    if (!grid) return;
    const inside = this.picture.inPhoto(grid, view, points);
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
    const shown = this.picture.shown();
    let mask = new Uint8Array(this.count);
    if (kind === "grow") {
      const grid = this.grid();
      if (!grid) {
        for (const name of GRID) this.want(name);
        this.fail(new Error("The pixel grid is still loading; try again."));
        return;
      }
      const grown = this.picture.grow(this.mask, grid);
      mask = grown.map((bit, i) => (this.mask[i] | (bit & shown[i])) as number);
    } else if (kind === "all") mask = shown.slice();
    else if (kind === "invert") mask = shown.map((bit, i) => (bit & ~this.mask[i] & 1) as number);
    this.commit({ kind, shown: this.whatIsShown() }, mask);
  }

  private select(region: Region, inside: Uint8Array, mode: Mode): void {
    const how = { ...region, mode, shown: this.whatIsShown() } as SelectHow;
    this.commit(how, this.picture.combine(mode, this.mask, inside));
  }

  private commit(how: SelectHow, mask: Uint8Array): void {
    const { scene } = this;
    if (!scene) return;
    this.setMask(mask);
    const packed = this.picture.pack(mask);
    this.send({ kind: "select", scene, how }, [packed]);
  }

  private setMask(mask: Uint8Array): void {
    this.mask = new Uint8Array(mask);
    this.selected = mask.reduce((sum, bit) => sum + bit, 0);
    this.picture.setSelection(this.mask);
    this.changes.emit("selection", undefined);
    if (this.get("isolate")) this.countShown();
  }

  /** Shows a selection without making it; undefined shows the real one again. */
  preview(mask: Uint8Array | undefined): void {
    this.picture.setSelection(mask ?? this.mask);
  }

  /** Splats farther from their neighbours than so many times as usual. */
  async floaters(threshold: number): Promise<Uint8Array | undefined> {
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
    this.picture.setVolume(volume);
    this.changes.emit("volume", volume);
  }

  /** Points at a splat, -1 for none. */
  hover(wire: number): void {
    if (wire === this.hovered) return;
    this.hovered = wire;
    this.showHighlight();
    this.changes.emit("hover", undefined);
  }

  /** Picks what covers most of a point of the picture, or with `step` what comes after the last. */
  pickAt(x: number, y: number, step = false): void {
    const stack = this.picture.stackAt(x, y);
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
    if (this.photosAsked || !this.count) return;
    this.photosAsked = true;
    this.send({ kind: "photos", request: this.scene });
  }

  /** View, row and column of each splat, if they are here. */
  grid(): [Float32Array, Float32Array, Float32Array] | undefined {
    const [view, row, col] = GRID.map((name) => this.attributes.get(name)?.values);
    return view && row && col ? [view, row, col] : undefined;
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
      case "picked":
        this.takePicked(message, buffers);
        return;
      case "selection":
        if (message.scene === this.scene)
          this.setMask(this.picture.unpack(buffers[0], message.total));
        return;
    }
  }

  private get scene(): string {
    return this.picture.scene;
  }

  private async takePhotos(
    message: Extract<FromKernel, { kind: "photos" }>,
    buffers: DataView[],
  ): Promise<void> {
    if (message.problem) {
      this.fail(new Error(message.problem));
      return;
    }
    try {
      const blobs = buffers.map((data) => new Blob([data as DataView<ArrayBuffer>]));
      const photos = await Promise.all(blobs.map((blob) => createImageBitmap(blob)));
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
    const axes = answer.axes.length === 3 ? answer.axes : undefined;
    this.picture.setAxes(this.picked && axes ? { center: answer.center, axes } : undefined);
    this.showHighlight();
    this.changes.emit("picked", { isNew: this.picked?.index !== before });
  }

  private showHighlight(): void {
    const wires = [this.hovered, this.picked?.wire ?? -1].filter((wire) => wire >= 0);
    this.picture.setHighlight(wires);
  }

  private channelChanged(name: string, channel: Channel | undefined): void {
    if (channel) {
      this.picture.setChannel(name, channel.values);
      if (name === this.get("color_by")) this.applyColour();
      if (name in this.get("filters") || name === "view") this.applyFilters();
      if (this.picture.needsForOverrides(this.get("overrides")).includes(name))
        this.applyOverrides();
    }
    this.changes.emit("channel", name);
  }

  // Another scene has begun, or the same on a new canvas after the graphics memory was lost.
  private known = "";
  private sceneChanged(): void {
    const isNew = this.scene !== this.known;
    this.known = this.scene;
    if (isNew) {
      this.attributes.clear();
      this.clearPhotos();
      this.photosAsked = false;
      this.mask = new Uint8Array(this.count);
      this.selected = 0;
      this.stack = [];
      this.picked = undefined;
      this.hovered = -1;
      this.setVolume(undefined);
    }
    for (const name of this.attributes.names) {
      const channel = this.attributes.get(name);
      if (channel) this.picture.setChannel(name, channel.values);
    }
    this.picture.setSelection(this.mask);
    this.picture.setIsolate(this.get("isolate"));
    this.picture.setOpacityScale(this.get("opacity_scale"));
    this.picture.setVolume(this.volume);
    this.applyColour();
    this.applyFilters();
    this.applyOverrides();
    this.showHighlight();
    this.changes.emit("scene", undefined);
    this.changes.emit("selection", undefined);
    this.changes.emit("picked", { isNew: false });
  }

  private applyColour(): void {
    const name = this.get("color_by");
    this.want(name);
    const colour = this.colour();
    this.picture.setColour(colour && { ...colour, name });
  }

  private applyFilters(): void {
    const filters = { ...this.get("filters") };
    for (const name of Object.keys(filters)) this.want(name);
    const views = this.get("views_shown");
    if (views !== "both") {
      this.want("view");
      const only = views === "first" ? 0 : 1;
      const [low, high] = filters.view ?? [null, null];
      // Both: what the person filters and what they look at.
      filters.view = [Math.max(low ?? only, only), Math.min(high ?? only, only)];
    }
    this.picture.setFilters(filters);
    this.countShown();
  }

  private applyOverrides(): void {
    const overrides = this.get("overrides");
    for (const name of this.picture.needsForOverrides(overrides)) this.want(name);
    this.picture.setOverrides(overrides);
  }

  private countShown(): void {
    this.shownCount = this.picture.shown().reduce((sum, bit) => sum + bit, 0);
    this.changes.emit("shown", undefined);
  }

  private send(message: ToKernel, buffers: ArrayBuffer[] = []): void {
    this.model.send({ ...message, view: this.view.id }, undefined, buffers);
  }
}

const GRID = ["view", "row", "col"];

function sameStack(a: StackItem[], b: StackItem[]): boolean {
  return a.length === b.length && a.every(({ wire }, i) => wire === b[i].wire);
}
