// The splats on the GPU: float32 data textures, drawn as batches of quads in sorted order.
import {
  DataTexture,
  FloatType,
  HalfFloatType,
  type InstancedBufferGeometry,
  Mesh,
  type PerspectiveCamera,
  type RawShaderMaterial,
} from "three";
import { NEAR_PLANE } from "../page/state.gen";
import { type SplatBlock, shRest } from "../page/wire";
import { Channels } from "./channels";
import type { Look } from "./look";
import { DISPLAY, type Display, QUADS_PER_INSTANCE } from "./shaders";
import { DepthSorter } from "./sort";
import { quadBatch, splatMaterial } from "./splatMaterial";
import { integers, type Plane, plane, texture, touchRows } from "./textures";
import { WhatIf } from "./whatIf";

const ROW = 2048; // splats in a row of the data textures; the shader knows it as a shift by 11
const SH_ROW = 256; // splats in a row of the harmonics; the shader knows it as a shift by 8

/** A fixed number of splats, filled block by block; draws those that have arrived. */
export class SplatMesh {
  readonly object: Mesh<InstancedBufferGeometry, RawShaderMaterial>;
  received = 0;
  sortMs = 0;
  readonly channels: Channels;
  private map: Uint8Array | undefined; // in `colourMap`
  private readonly marks: DataTexture;
  private readonly colourMap = new DataTexture(new Uint8Array(1024), 256, 1);
  private shown: Uint8Array | null = null; // 1 for each splat that is drawn; null for all
  private noOffset = false;
  private readonly points: WhatIf; // centres without offsets
  private readonly photoColours: WhatIf;
  private readonly centres: Plane;
  private readonly scales: Plane;
  private readonly quaternions: Plane;
  private readonly colours: Plane;
  private readonly planes: readonly Plane[]; // the four above
  private readonly harmonics: DataTexture;
  private readonly order: DataTexture;
  private readonly orderValues: Uint32Array<ArrayBuffer>;
  private readonly sorter = new DepthSorter();
  private sortedFor = ""; // what the draw order was made for

  constructor(
    readonly count: number,
    readonly degree: number,
    exact: boolean,
    maxTextureSize: number,
  ) {
    const rows = Math.max(1, Math.ceil(count / ROW));
    const shRows = Math.max(1, Math.ceil(count / SH_ROW));
    if (rows > maxTextureSize || (degree > 0 && shRows > maxTextureSize)) {
      const most = maxTextureSize * (degree > 0 ? SH_ROW : ROW);
      throw new Error(
        `${count} splats of SH degree ${degree} are more than this browser's GPU can hold (${most})`,
      );
    }
    this.centres = plane(ROW, rows);
    this.scales = plane(ROW, rows);
    this.quaternions = plane(ROW, rows);
    this.colours = plane(ROW, rows);
    this.planes = [this.centres, this.scales, this.quaternions, this.colours];
    const rest = shRest(degree);
    this.harmonics = rest
      ? texture(SH_ROW * rest, shRows, exact ? FloatType : HalfFloatType)
      : texture(1, 1, FloatType);
    this.orderValues = new Uint32Array(ROW * rows);
    this.channels = new Channels(count);
    this.points = new WhatIf("no_offset", this.centres, this.channels);
    this.photoColours = new WhatIf("photo_colour", this.colours, this.channels);
    this.marks = integers(new Uint8Array(ROW * rows), ROW);
    this.order = integers(this.orderValues, ROW);
    const material = splatMaterial(degree, {
      order: this.order,
      centres: this.centres.texture,
      scales: this.scales.texture,
      quaternions: this.quaternions.texture,
      colours: this.colours.texture,
      harmonics: this.harmonics,
      channels: this.channels.texture,
      marks: this.marks,
      colourMap: this.colourMap,
    });
    this.object = new Mesh(quadBatch(), material);
    this.object.frustumCulled = false;
  }

  /** What splats are drawn from, four floats a splat; centres x, y, z as drawn, and opacity. */
  get values(): { centres: Float32Array; scales: Float32Array; quaternions: Float32Array } {
    return {
      centres: this.drawnCentres.values,
      scales: this.scales.values,
      quaternions: this.quaternions.values,
    };
  }

  private get uniforms(): RawShaderMaterial["uniforms"] {
    return this.object.material.uniforms;
  }

  setDisplay(display: Display): void {
    this.uniforms.display.value = DISPLAY[display];
  }

  /** Scale on every splat's extent; 1 is as predicted. */
  setSplatScale(scale: number): void {
    this.uniforms.splatScale.value = scale;
  }

  get pointRadius(): number {
    return this.uniforms.pointRadius.value;
  }

  /**
   * How splats look. Every channel it names must have been set. Uploads only uniforms, the 256 colours
   * of another map, and the draw order if centres move.
   */
  setLook(look: Look): void {
    const { uniforms } = this;
    const layer = (name: string) => {
      const found = this.channels.layer(name);
      if (found < 0) throw new Error(`the values of ${name} are not here`);
      return found;
    };
    const { colour } = look;
    if (colour) {
      // A logarithm has no value at zero; bounds there take the smallest normal float32.
      const bound = (value: number) => (colour.log ? Math.log(Math.max(value, 2 ** -126)) : value);
      uniforms.colourRange.value.set(bound(colour.low), bound(colour.high));
      uniforms.colourLog.value = colour.log;
      if (colour.map !== this.map) {
        this.map = colour.map;
        (this.colourMap.image.data as unknown as Uint8Array).set(colour.map);
        this.colourMap.needsUpdate = true;
      }
    }
    uniforms.colourLayer.value = colour ? layer(colour.channel) : -1;
    uniforms.opacityScale.value = look.opacityScale;
    uniforms.showMarks.value = look.showMarks;
    const { overrides } = look;
    uniforms.opaque.value = overrides.includes("opaque");
    uniforms.isotropic.value = overrides.includes("isotropic");
    this.noOffset = overrides.includes("no_offset");
    uniforms.centres.value = this.drawnCentres.texture;
    const photo = overrides.includes("photo_colour") ? this.photoColours.plane : undefined;
    uniforms.colours.value = (photo ?? this.colours).texture;
    uniforms.oneColour.value = photo !== undefined;
    uniforms.channels.value = this.channels.texture;
  }

  /**
   * Stores a channel and shows it where the look uses it.
   *
   * @returns textures to upload before they are drawn.
   */
  setChannel(name: string, values: Float32Array): DataTexture[] {
    this.channels.set(name, values);
    this.uniforms.channels.value = this.channels.texture;
    const made = [this.points.onChannel(name), this.photoColours.onChannel(name)];
    if (made[0]) this.sortedFor = "";
    return made.filter((texture) => texture !== undefined);
  }

  /**
   * Which splats are drawn, 0 or 1 each; null for all. The others leave the draw order and cost
   * nothing.
   */
  setShown(shown: Uint8Array | null): void {
    if (shown === this.shown) return;
    this.shown = shown;
    this.sortedFor = "";
  }

  /** Which splats are selected, 0 or 1 each. */
  setMarks(mask: Uint8Array): void {
    (this.marks.image.data as unknown as Uint8Array).set(mask);
    this.marks.needsUpdate = true;
  }

  private get drawnCentres(): Plane {
    return (this.noOffset ? this.points.plane : undefined) ?? this.centres;
  }

  setPointRadius(px: number): void {
    this.uniforms.pointRadius.value = px;
  }

  /** Stores a block. Blocks may come in any order, but only a gapless start is drawn. */
  write(block: SplatBlock): void {
    const { first, count } = block;
    if (first + count > this.count)
      throw new Error(`got splats ${first} to ${first + count} of a scene of ${this.count}`);
    for (let i = 0; i < count; i++) {
      const to = 4 * (first + i);
      const from = 3 * i;
      const x = block.quaternions[from];
      const y = block.quaternions[from + 1];
      const z = block.quaternions[from + 2];
      for (let k = 0; k < 3; k++) {
        this.centres.values[to + k] = block.centres[from + k];
        this.scales.values[to + k] = Math.exp(block.logScales[from + k]);
        this.colours.values[to + k] = block.rgb[from + k];
      }
      this.centres.values[to + 3] = block.opacities[i];
      this.quaternions.values[to] = x;
      this.quaternions.values[to + 1] = y;
      this.quaternions.values[to + 2] = z;
      this.quaternions.values[to + 3] = Math.sqrt(Math.max(0, 1 - x * x - y * y - z * z));
    }
    for (const { texture } of this.planes)
      touchRows(texture, Math.floor(first / ROW), Math.ceil((first + count) / ROW));
    this.writeHarmonics(block);
    if (first === this.received) this.received += count;
    this.points.onSplats(); // the look may have been set before the splats came
    this.photoColours.onSplats();
  }

  private writeHarmonics({ first, count, sh }: SplatBlock): void {
    const rest = shRest(this.degree);
    if (!rest) return;
    // Bits of half floats and float32 values alike: the texture has the type of the wire.
    const values = this.harmonics.image.data as unknown as Uint16Array | Float32Array;
    for (let i = 0; i < count * rest; i++)
      for (let k = 0; k < 3; k++) values[4 * (first * rest + i) + k] = sh[3 * i + k];
    touchRows(this.harmonics, Math.floor(first / SH_ROW), Math.ceil((first + count) / SH_ROW));
  }

  /** Brings the draw order up to date with the camera. */
  sort(camera: PerspectiveCamera): void {
    const m = camera.matrixWorldInverse.elements; // the camera looks along its own -z
    const row: [number, number, number, number] = [-m[2], -m[6], -m[10], -m[14]];
    const drawn = this.drawnCentres;
    const key = `${this.received} ${drawn.texture.id} ${row.join(" ")}`;
    if (key === this.sortedFor) return;
    this.sortedFor = key;
    const start = performance.now();
    const number = this.sorter.sort(
      drawn.values,
      this.received,
      this.shown,
      row,
      NEAR_PLANE,
      this.orderValues,
    );
    this.sortMs = performance.now() - start;
    this.order.needsUpdate = true;
    this.uniforms.count.value = number;
    this.object.geometry.instanceCount = Math.ceil(number / QUADS_PER_INSTANCE);
  }

  /** @param pixelRatio pixels of the drawing per CSS pixel. */
  setViewport(width: number, height: number, pixelRatio: number): void {
    this.uniforms.viewport.value.set(width, height);
    this.uniforms.pixelRatio.value = pixelRatio;
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.object.material.dispose();
    for (const { texture } of this.planes) texture.dispose();
    for (const texture of [this.harmonics, this.order, this.marks, this.colourMap])
      texture.dispose();
    for (const part of [this.points, this.photoColours, this.channels]) part.dispose();
  }
}
