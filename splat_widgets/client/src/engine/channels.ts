// Values of attributes, one number a splat, on the page and as layers of one texture on the GPU. A
// uniform says which layer colours the splats, so nothing is uploaded twice.
import { DataArrayTexture, FloatType, RedFormat } from "three";

const ROW = 2048; // as the splats' other textures

/** NaN in the texture: below every bound, so that shaders need not test for NaN. */
export const NO_VALUE = -3.4028e38;
const INFINITY = 3.4e38; // infinity in the texture

export class Channels {
  texture: DataArrayTexture;
  private readonly rows: number;
  private uploaded = false; // the present texture, whole
  private readonly layers = new Map<string, number>();
  private readonly values = new Map<string, Float32Array>();

  constructor(readonly count: number) {
    this.rows = Math.max(1, Math.ceil(count / ROW));
    this.texture = this.make(1);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Values in the order of the splats. */
  get(name: string): Float32Array | undefined {
    return this.values.get(name);
  }

  /** Layer of the texture, -1 if there is none. */
  layer(name: string): number {
    return this.layers.get(name) ?? -1;
  }

  /** Stores a channel; one of the same name is replaced. */
  set(name: string, values: Float32Array): void {
    if (values.length !== this.count)
      throw new Error(`expected ${this.count} values of ${name}, got ${values.length}`);
    const layer = this.layers.get(name) ?? this.layers.size;
    this.layers.set(name, layer);
    this.values.set(name, values);
    if (layer >= this.texture.image.depth) this.grow(2 * this.texture.image.depth);
    const to = this.data.subarray(layer * ROW * this.rows, (layer + 1) * ROW * this.rows);
    for (let i = 0; i < this.count; i++) {
      const value = values[i];
      to[i] = Number.isNaN(value) ? NO_VALUE : Math.max(-INFINITY, Math.min(INFINITY, value));
    }
    // Naming one layer leaves out the others, so they must have been uploaded before.
    if (this.uploaded) this.texture.addLayerUpdate(layer);
    this.texture.needsUpdate = true;
  }

  dispose(): void {
    this.texture.dispose();
    this.values.clear();
    this.layers.clear();
  }

  private get data(): Float32Array {
    return this.texture.image.data as unknown as Float32Array;
  }

  private make(layers: number): DataArrayTexture {
    const values = new Float32Array(ROW * this.rows * layers);
    const texture = new DataArrayTexture(values, ROW, this.rows, layers);
    texture.format = RedFormat;
    texture.type = FloatType;
    texture.internalFormat = "R32F";
    this.uploaded = false;
    texture.onUpdate = () => {
      this.uploaded = true;
    };
    texture.needsUpdate = true;
    return texture;
  }

  private grow(layers: number): void {
    const old = this.texture;
    const values = this.data;
    this.texture = this.make(layers);
    this.data.set(values);
    old.dispose();
  }
}
