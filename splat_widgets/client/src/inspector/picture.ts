// INTERIM
import type { PinholeCamera, Vec3 } from "../shared/wire";
import type { Panel } from "../viewer/panel";
import type { Point } from "./brush";
import type { Mode } from "./modes";
import type { Colour, Volume } from "./session";

export type StackItem = { wire: number; weight: number };

export class Picture {
  private filters: Record<string, [number | null, number | null]> = {};
  private channels = new Map<string, Float32Array>();
  private mask = new Uint8Array(0);
  private isolate = false;
  constructor(private readonly panel: Panel) {}
  get scene(): string {
    return this.panel.inner?.header?.scene ?? "";
  }
  get count(): number {
    return this.panel.inner?.header?.count ?? 0;
  }
  get radius(): number {
    return this.panel.inner?.header?.bounds.radius ?? 1;
  }
  colours(_map: string): Uint8Array {
    const out = new Uint8Array(1024);
    for (let i = 0; i < 256; i++) out.set([i, 128, 255 - i, 255], 4 * i);
    return out;
  }
  setChannel(name: string, values: Float32Array): void {
    this.channels.set(name, values);
  }
  setColour(_c: (Colour & { name: string }) | undefined): void {}
  setFilters(f: Record<string, [number | null, number | null]>): void {
    this.filters = f;
  }
  setOpacityScale(_s: number): void {}
  setOverrides(_o: string[]): void {}
  needsForOverrides(_o: string[]): string[] {
    return [];
  }
  setIsolate(on: boolean): void {
    this.isolate = on;
  }
  setSelection(mask: Uint8Array): void {
    this.mask = new Uint8Array(mask);
  }
  setHighlight(_w: number[]): void {}
  setAxes(_a: { center: Vec3; axes: Vec3[] } | undefined): void {}
  setVolume(_v: Volume | undefined): void {}
  shown(): Uint8Array {
    const out = new Uint8Array(this.count).fill(1);
    for (const [n, [lo, hi]] of Object.entries(this.filters)) {
      const v = this.channels.get(n);
      if (v)
        for (let i = 0; i < out.length; i++)
          if (!(v[i] >= (lo ?? -Infinity) && v[i] <= (hi ?? Infinity))) out[i] = 0;
    }
    if (this.isolate) for (let i = 0; i < out.length; i++) out[i] &= this.mask[i];
    return out;
  }
  stackAt(_x: number, _y: number): StackItem[] {
    return [
      { wire: 5, weight: 0.5 },
      { wire: 7, weight: 0.25 },
      { wire: 70, weight: 0.05 },
    ];
  }
  hitAt(_x: number, _y: number): { centre: Vec3; perPx: number } | undefined {
    return { centre: [0, 0, 1], perPx: 0.001 };
  }
  boxAround(_p: Point[]): { center: Vec3; half_sizes: Vec3 } | undefined {
    return { center: [0, 0, 1], half_sizes: [0.1, 0.1, 0.1] };
  }
  isCameraAt(_x: number, _y: number): boolean {
    return false;
  }
  camera(): PinholeCamera {
    throw new Error("x");
  }
  inPicture(_k: string, _p: Point[], _t: boolean): Uint8Array {
    return new Uint8Array(this.count);
  }
  inVolume(_v: Volume): Uint8Array {
    return new Uint8Array(this.count);
  }
  inRange(values: Float32Array, lo: number | null, hi: number | null): Uint8Array {
    return Uint8Array.from(values, (v) =>
      v >= (lo ?? -Infinity) && v <= (hi ?? Infinity) ? 1 : 0,
    );
  }
  inPhoto(_g: [Float32Array, Float32Array, Float32Array], _v: number, _p: Point[]): Uint8Array {
    return new Uint8Array(this.count);
  }
  grow(mask: Uint8Array, _g: unknown): Uint8Array {
    return mask;
  }
  combine(mode: Mode, old: Uint8Array, inside: Uint8Array): Uint8Array {
    const shown = this.shown();
    return inside.map((bit, i) => {
      const b = bit & shown[i];
      return mode === "replace"
        ? b
        : mode === "add"
          ? old[i] | b
          : mode === "subtract"
            ? old[i] & ~b & 1
            : old[i] & b;
    });
  }
  pack(mask: Uint8Array): ArrayBuffer {
    const out = new Uint8Array(Math.ceil(mask.length / 8));
    mask.forEach((b, i) => {
      out[i >> 3] |= b << (i & 7);
    });
    return out.buffer;
  }
  unpack(data: DataView, count: number): Uint8Array {
    return Uint8Array.from({ length: count }, (_, i) => (data.getUint8(i >> 3) >> (i & 7)) & 1);
  }
}
