// The selection as the page makes it: what a gesture selects is computed here, shown at once, and
// sent to the kernel together with how it was made.
import { type Inspection, PIXEL_CHANNELS } from "../engine/inspection";
import { combine, countOf, type Mask, type Mode, packBits, unpackBits } from "../engine/mask";
import { inDensity, inPhoto, inRange } from "../engine/regions";
import { newId } from "../page/ids";
import type { Requests } from "../page/requests";
import type { Action, ActionName, SelectHow, Shown } from "../page/state.gen";
import type { AttributeStore } from "./attributeStore";
import type { Changes } from "./changes";
import type { FromKernel, ToKernel } from "./messages";
import type { Notices } from "./notices";
import type { Point } from "./plots/brush";
import type { Traits } from "./traits";
import type { Volume } from "./volumes";

// A selection without what every one has.
type Part<T> = T extends { mode: Mode } ? Omit<T, "mode" | "shown"> : never;
type Region = Part<SelectHow>;

const KEY = "select";
const NO_DETAILS = { threshold: null, center: null, half_sizes: null, numbers: [], other: "" };
type ActionDetails = Partial<
  Pick<Action, "threshold" | "center" | "half_sizes" | "numbers" | "other">
>;

export class SelectionTools {
  /** How many splats are selected. */
  count = 0;
  volume: Volume | undefined;
  private request = ""; // the latest selection that was made here

  constructor(
    private readonly traits: Traits,
    private readonly inspection: Inspection,
    private readonly attributes: AttributeStore,
    private readonly notices: Notices,
    private readonly changes: Changes,
    private readonly requests: Pick<Requests, "open" | "close" | "has">,
    private readonly send: (message: ToKernel, buffers?: ArrayBuffer[]) => void,
  ) {}

  /** Selected splats: 1 each, in wire order. */
  get mask(): Mask {
    return this.inspection.selection;
  }

  modeOf(event: { shiftKey: boolean; altKey: boolean }): Mode {
    return modeOf(event, this.traits.get("select_mode"));
  }

  /** The brush adds; with Alt, or where taking away is chosen, it takes away. */
  paintModeOf(event: { altKey: boolean }): Mode {
    return event.altKey || this.traits.get("select_mode") === "subtract" ? "subtract" : "add";
  }

  selectPicture(kind: "rectangle" | "lasso" | "polygon", points: Point[], mode: Mode): void {
    const camera = this.inspection.camera();
    if (!camera) return;
    const through = this.traits.get("select_through");
    const inside = this.inspection.inPicture({ kind, points }, through);
    this.select({ kind, camera, points, through }, inside, mode);
  }

  /** @param inside what a stroke of the brush has passed. */
  selectPainted(points: Point[], radius: number, inside: Mask, mode: Mode): void {
    const camera = this.inspection.camera();
    if (!camera) return;
    const through = this.traits.get("select_through");
    this.select({ kind: "brush", camera, points, radius, through }, inside, mode);
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
      this.notices.fail(error);
    }
  }

  selectDensity(attributes: [string, string], points: Point[], mode: Mode): void {
    const [x, y] = attributes.map((name) => this.attributes.get(name)?.values);
    if (!x || !y) return;
    const log: [boolean, boolean] = [...this.traits.get("scatter_log")];
    const inside = inDensity([x, y], log, points);
    this.select({ kind: "density", attributes, points, log }, inside, mode);
  }

  selectPhoto(view: number, points: Point[], mode: Mode): void {
    const pixels = this.inspection.pixels();
    if (!pixels) return;
    const inside = inPhoto(pixels, view, points);
    this.select({ kind: "photo", photo_view: view, points }, inside, mode);
  }

  selectWire(wire: number, mode: Mode): void {
    if (wire < 0) return;
    const inside = new Uint8Array(this.inspection.count);
    inside[wire] = 1;
    this.select({ kind: "pick", wires: [wire] }, inside, mode);
  }

  selectWhole(kind: "all" | "none" | "invert"): void {
    const { inspection } = this;
    const masks = {
      all: () => inspection.shown.slice(),
      none: () => new Uint8Array(inspection.count),
      invert: () => combine("subtract", inspection.shown, this.mask),
    };
    this.commit({ kind, shown: this.whatIsShown() }, masks[kind]());
  }

  /** Grows the selection by one pixel of the photos' grids, once the page has their pixels. */
  async grow(): Promise<void> {
    try {
      await Promise.all(PIXEL_CHANNELS.map((name) => this.attributes.load(name)));
      this.commit({ kind: "grow", shown: this.whatIsShown() }, this.inspection.grown());
    } catch (error) {
      this.notices.fail(error);
    }
  }

  /** Marks splats in the picture as if they were selected; undefined marks the selected again. */
  preview(mask: Mask | undefined): void {
    this.inspection.previewSelection(mask);
  }

  /** Splats farther from their neighbours than so many times the usual distance. */
  async floaters(threshold: number): Promise<Mask | undefined> {
    try {
      const { values } = await this.attributes.load(this.traits.get("scene_info").floaters);
      const least = Math.fround(threshold);
      return Uint8Array.from(values, (value) => (value > least ? 1 : 0));
    } catch (error) {
      this.notices.fail(error);
      return undefined;
    }
  }

  /** Lets the kernel change the scene or its selection. */
  act(name: ActionName, more: ActionDetails = {}): void {
    const scene = this.inspection.sceneId;
    if (scene) this.send({ kind: "action", scene, name, ...NO_DETAILS, ...more });
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

  /** Takes the kernel's selection. */
  receive(message: Extract<FromKernel, { kind: "selection" }>, buffers: DataView[]): void {
    if (message.scene !== this.inspection.sceneId) return;
    this.requests.close("news");
    if (this.requests.has(KEY)) return; // what was selected here since then is newer
    const { buffer, byteOffset, byteLength } = buffers[0];
    this.setMask(unpackBits(new Uint8Array(buffer, byteOffset, byteLength), message.total));
  }

  /** The kernel has a selection that was made here. */
  acknowledge(request: string): void {
    if (request === this.request) this.requests.close(KEY);
  }

  /** Forgets the selection and the volume of the scene that was. */
  clear(): void {
    this.requests.close(KEY);
    this.count = 0;
    this.setVolume(undefined);
  }

  private select(region: Region, inside: Mask, mode: Mode): void {
    const how = { ...region, mode, shown: this.whatIsShown() } as SelectHow;
    this.commit(how, this.inspection.selected(mode, inside));
  }

  private commit(how: SelectHow, mask: Mask): void {
    const scene = this.inspection.sceneId;
    if (!scene) return;
    this.request = newId();
    const select = { kind: "select", scene, how, request: this.request } as const;
    const bits = packBits(mask).buffer;
    this.requests.open(KEY, () => this.send(select, [bits])); // before plots are counted
    this.setMask(mask);
  }

  private setMask(mask: Mask): void {
    this.inspection.setSelection(mask);
    this.count = countOf(mask);
    this.changes.emit("selection", undefined);
  }

  private whatIsShown(): Shown {
    const { traits } = this;
    return {
      filters: traits.get("filters"),
      shown_photos: traits.get("shown_photos"),
      isolate: traits.get("isolate"),
      overrides: traits.get("overrides"),
      opacity_scale: traits.get("opacity_scale"),
      splat_scale: traits.get("splat_scale"),
    };
  }
}

/** The mode of a gesture: Shift adds, Alt subtracts, both intersect; without them it is as chosen. */
export function modeOf(event: { shiftKey: boolean; altKey: boolean }, chosen: Mode): Mode {
  if (event.shiftKey && event.altKey) return "intersect";
  if (event.shiftKey) return "add";
  return event.altKey ? "subtract" : chosen;
}
