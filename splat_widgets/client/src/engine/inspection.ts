// What the interface asks about the splats on the screen, and how it wants them to look. Keeps
// everything that a scene loses with its graphics context.
//
//     const inspection = new Inspection();
//     panel.onScene = (scene) => inspection.attach(scene);   // a scene begins, or comes back
//     inspection.setChannel("opacity", values);              // in wire order
//     inspection.setLook({ colour, filters, overrides });    // sends no splat to the GPU again
//     inspection.stackAt(x, y)[0]?.wire;                     // pick
//     inspection.setSelection(inspection.selected("add", inspection.inPicture(lasso, false)));
import type { PinholeCamera } from "../page/state.gen";
import type { Vec3 } from "../page/wire";
import { AS_PREDICTED, type Look, OVERRIDE_CHANNELS } from "./look";
import { type Axes, Marks, type Region } from "./marks";
import { combine, countOf, type Mask, type Mode } from "./mask";
import { type Contribution, stackAt } from "./picking";
import type { Projector } from "./projection";
import * as regions from "./regions";
import type { Scene } from "./scene";
import type { Display } from "./shaders";
import { Stroke } from "./stroke";
import { pointAt } from "./surface";
import { cameraOf, projectorOf } from "./viewpoint";
import { visible } from "./visibility";

/** A region of the picture: opposite corners of a rectangle, or the corners of a lasso, CSS px. */
export type PictureRegion = {
  kind: "rectangle" | "lasso" | "polygon";
  points: readonly regions.Point[];
};

/** Shows splats with low <= value <= high; null means unbounded; NaN is hidden. */
export type Filter = { channel: string; low: number | null; high: number | null };

/** What is drawn and how. */
export type InspectedLook = Omit<Look, "showMarks"> & {
  filters: readonly Filter[];
  isolate: boolean; // only the selection
};

/** Channels that tell each splat's pixel. */
export const PIXEL_CHANNELS = ["view", "row", "col"] as const;

export class Inspection {
  private scene: Scene | undefined;
  private stopOverlay: () => void = () => {};
  private marks = new Marks();
  private readonly channels = new Map<string, Float32Array>();
  private look: InspectedLook = { ...AS_PREDICTED, filters: [], isolate: false };
  private photos: readonly number[] = []; // whose splats are drawn; none for all
  private mask: Mask = new Uint8Array(0);
  private shownMask: Mask | undefined; // cache of `shown`
  private rings: { picked: number; hovered: number } = { picked: -1, hovered: -1 };
  private axes: Axes | null = null;
  private region: Region | null = null;
  private attached = ""; // id of the scene that channels and selection belong to

  /**
   * Another scene draws, or the same one after its graphics context was lost.
   *
   * @returns whether it is another one; then channels, selection and marks are forgotten.
   */
  attach(scene: Scene): boolean {
    this.stopOverlay();
    this.marks.dispose();
    this.marks = new Marks();
    this.scene = scene;
    const isNew = this.sceneId !== this.attached;
    if (isNew) {
      this.attached = this.sceneId;
      this.channels.clear();
      this.mask = new Uint8Array(this.count);
      this.shownMask = undefined;
      this.rings = { picked: -1, hovered: -1 };
      this.axes = this.region = null;
    }
    this.stopOverlay = scene.overlay(this.marks.object);
    for (const [name, values] of this.channels) scene.setChannel(name, values);
    scene.change((splats) => splats.setMarks(this.mask));
    this.apply();
    return isNew;
  }

  /** Id of the scene on the screen; empty without one. */
  get sceneId(): string {
    return this.scene?.header?.scene ?? "";
  }

  /** Radius of a ball that holds most of the scene. */
  get radius(): number {
    return this.scene?.header?.bounds.radius ?? 1;
  }

  /** Splats of the scene, also those still to come. */
  get count(): number {
    return this.scene?.header?.count ?? 0;
  }

  /** Values of an attribute in wire order. */
  setChannel(name: string, values: Float32Array): void {
    if (values.length !== this.count) return; // of a scene that was replaced
    this.channels.set(name, values);
    this.scene?.setChannel(name, values);
    const hides = this.usableFilters().some(({ channel }) => channel === name);
    if (hides || name === "view") this.shownMask = undefined;
    this.apply();
  }

  /**
   * Channels of the look that have not arrived are left out until they do.
   *
   * @param photos indices of the photos whose splats are drawn; none for all.
   */
  setLook(look: Partial<InspectedLook>, photos: readonly number[] = this.photos): void {
    const before = this.hiding;
    this.look = { ...this.look, ...look };
    this.photos = photos;
    if (this.hiding !== before) this.shownMask = undefined;
    this.apply();
  }

  /** Channels that the look needs and that have not arrived. */
  get missing(): string[] {
    const { colour, filters, overrides } = this.look;
    const wanted = [
      ...(colour ? [colour.channel] : []),
      ...filters.map(({ channel }) => channel),
      ...overrides.flatMap((name) => [...OVERRIDE_CHANNELS[name]]),
      ...(this.photos.length ? ["view"] : []),
    ];
    return [...new Set(wanted)].filter((name) => !this.channels.has(name));
  }

  get selection(): Mask {
    return this.mask;
  }

  setSelection(mask: Mask): void {
    if (mask.length !== this.count) return; // of a scene that was replaced
    this.mask = mask;
    this.scene?.change((splats) => splats.setMarks(mask));
    if (this.look.isolate) {
      this.shownMask = undefined;
      this.applyShown();
    }
  }

  /** Marks these splats as if they were selected; undefined marks the selected again. */
  previewSelection(mask: Mask | undefined): void {
    this.scene?.change((splats) => splats.setMarks(mask ?? this.mask));
  }

  /** The present selection combined with a region; hidden splats take no part. */
  selected(mode: Mode, region: Mask): Mask {
    return combine(mode, this.mask, combine("intersect", region, this.shown));
  }

  /** Splats that are drawn, or will be once they have arrived: those that pass the filters. */
  get shown(): Mask {
    if (this.shownMask?.length === this.count) return this.shownMask;
    const out = new Uint8Array(this.count).fill(1);
    const passes = this.usableFilters().map(({ channel, low, high }) =>
      regions.inRange(this.channels.get(channel) as Float32Array, low, high),
    );
    if (this.photoOfSplat) passes.push(regions.ofPhotos(this.photoOfSplat, this.photos));
    for (const mask of passes) for (let i = 0; i < out.length; i++) out[i] &= mask[i];
    if (this.look.isolate) for (let i = 0; i < out.length; i++) out[i] &= this.mask[i];
    this.shownMask = out;
    return out;
  }

  // What decides which splats are drawn.
  private get hiding(): string {
    return JSON.stringify([this.look.filters, this.look.isolate, this.photos]);
  }

  get numShown(): number {
    return countOf(this.shown);
  }

  /** The view on the screen as a camera whose pixels are CSS pixels. */
  camera(): PinholeCamera | undefined {
    return this.scene && cameraOf(this.scene);
  }

  get hasCameras(): boolean {
    return (this.scene?.header?.cameras.length ?? 0) > 0;
  }

  /** The point of the surface under a point of the picture, CSS px; undefined where there is none. */
  surfaceAt(x: number, y: number): Vec3 | undefined {
    const wire = this.stackAt(x, y)[0]?.wire;
    return wire === undefined ? undefined : this.scene && pointAt(this.scene, wire, x, y);
  }

  /** Splats under a point of the picture, CSS px; the one with the largest weight first. */
  stackAt(x: number, y: number): Contribution[] {
    if (!this.scene) return [];
    const { pixelRatio } = this.scene.viewpoint();
    const middle = (value: number) => Math.floor(value * pixelRatio) + 0.5;
    const projector = this.projector(pixelRatio, this.scene.settings.display);
    const { received } = this.scene;
    return projector ? stackAt(projector, received, this.shown, middle(x), middle(y)) : [];
  }

  /** Shown splats whose centre is drawn inside a region of the picture. */
  inPicture({ kind, points }: PictureRegion, through: boolean): Mask {
    const camera = this.camera();
    const drawn = this.inside((centres) => {
      if (!camera) return new Uint8Array(this.count);
      if (kind !== "rectangle") return regions.inPolygon(centres, this.count, camera, points);
      const corners = [points[0], points[points.length - 1]] as const;
      return regions.inRectangle(centres, this.count, camera, corners);
    });
    return through ? drawn : this.visible(drawn);
  }

  /** A stroke of a brush over the shown splats; undefined without a picture. */
  stroke(radius: number): Stroke | undefined {
    const camera = this.camera();
    const { centres } = this;
    return camera && centres && new Stroke(centres, this.shown, camera, radius);
  }

  /** Those of some splats that can be seen in the view on the screen. */
  visibleIn(candidates: Mask): Mask {
    return this.visible(candidates);
  }

  inBox(center: Vec3, halfSizes: Vec3): Mask {
    return this.inside((centres) => regions.inBox(centres, this.count, center, halfSizes));
  }

  inSphere(center: Vec3, radius: number): Mask {
    return this.inside((centres) => regions.inSphere(centres, this.count, center, radius));
  }

  /** The selection and its neighbours on the pixel grid; needs `PIXEL_CHANNELS`. */
  grown(): Mask {
    const pixels = this.pixels();
    if (!pixels) return this.mask;
    return combine(
      "add",
      this.mask,
      combine("intersect", regions.grown(this.mask, pixels), this.shown),
    );
  }

  /** Each splat's pixel, once its channels are here. */
  pixels(): regions.PixelChannels | undefined {
    const [view, row, col] = PIXEL_CHANNELS.map((name) => this.channels.get(name));
    return view && row && col ? { view, row, col } : undefined;
  }

  /** Centre of a splat as drawn. */
  centreOf(wire: number): Vec3 | undefined {
    const { centres } = this;
    if (!centres || wire < 0 || wire >= this.count) return undefined;
    return [centres[4 * wire], centres[4 * wire + 1], centres[4 * wire + 2]];
  }

  /** Rings around the picked splat and the one under the pointer; -1 for none. */
  setHighlight(highlight: { picked?: number; hovered?: number }): void {
    const rings = { ...this.rings, ...highlight };
    if (rings.picked === this.rings.picked && rings.hovered === this.rings.hovered) return;
    this.rings = rings;
    this.drawMarks();
  }

  setAxes(axes: Axes | null): void {
    this.axes = axes;
    this.drawMarks();
  }

  setRegion(region: Region | null): void {
    this.region = region;
    this.drawMarks();
  }

  dispose(): void {
    this.stopOverlay();
    this.marks.dispose();
    this.channels.clear();
    this.scene = undefined;
  }

  private inside(region: (centres: Float32Array) => Mask): Mask {
    const { centres } = this;
    return centres ? combine("intersect", region(centres), this.shown) : new Uint8Array(this.count);
  }

  // The candidates that can be seen in the view on the screen.
  private visible(candidates: Mask): Mask {
    const projector = this.projector(1, "splats"); // in every display
    if (!projector || !this.scene) return candidates;
    const { width, height } = this.scene.viewpoint();
    return visible(projector, candidates, this.shown, width, height);
  }

  // Centres of the splats as drawn, four floats each.
  private get centres(): Float32Array | undefined {
    return this.scene?.mesh?.values.centres;
  }

  private projector(pixelRatio: number, display: Display): Projector | undefined {
    const { opacityScale } = this.look;
    const look = { opacityScale, overrides: this.usableOverrides() };
    return this.scene && projectorOf(this.scene, look, pixelRatio, display);
  }

  private usableOverrides(): Look["overrides"] {
    return this.look.overrides.filter((name) =>
      OVERRIDE_CHANNELS[name].every((channel) => this.channels.has(channel)),
    );
  }

  private usableFilters(): readonly Filter[] {
    return this.look.filters.filter(({ channel }) => this.channels.has(channel));
  }

  // Index of each splat's photo, if that decides what is drawn.
  private get photoOfSplat(): Float32Array | undefined {
    return this.photos.length ? this.channels.get("view") : undefined;
  }

  private apply(): void {
    const { colour, opacityScale, isolate } = this.look;
    const look = {
      colour: colour && this.channels.has(colour.channel) ? colour : null,
      opacityScale,
      overrides: this.usableOverrides(),
      showMarks: !isolate, // with only the selection drawn, its own colours say more
    };
    this.scene?.change((splats) => splats.setLook(look));
    this.applyShown();
    this.drawMarks(); // an override may have moved what is marked
  }

  private applyShown(): void {
    const all = !this.look.isolate && !this.usableFilters().length && !this.photoOfSplat;
    this.scene?.change((splats) => splats.setShown(all ? null : this.shown));
  }

  private drawMarks(): void {
    const { picked, hovered } = this.rings;
    const points = [
      { wire: picked, strong: true },
      { wire: hovered, strong: false },
    ].flatMap(({ wire, strong }) => {
      const at = this.centreOf(wire);
      return at ? [{ at, strong }] : [];
    });
    this.marks.setRings(points, this.scene?.viewpoint().pixelRatio ?? 1);
    this.marks.setAxes(this.axes);
    this.marks.setRegion(this.region);
    this.scene?.requestDraw();
  }
}
