// The byte layout of splats on the wire; `splat_widgets/viewer/wire.py` writes it.
import type { PinholeCamera, SceneHeader } from "./state.gen";

export type { PinholeCamera, SceneHeader };
export type Vec3 = [number, number, number];

/** One range of splats, decoded to float32; `sh` stays as it came (f16 bits or f32). */
export type SplatBlock = {
  first: number;
  count: number;
  centres: Float32Array; // (count, 3)
  logScales: Float32Array; // (count, 3)
  quaternions: Float32Array; // (count, 3) x, y, z of the unit quaternion with w > 0
  rgb: Float32Array; // (count, 3) display values at degree 0
  opacities: Float32Array; // (count,)
  sh: Uint16Array | Float32Array; // (count, (degree + 1)² - 1, 3)
};

const FIELDS = [
  ["centres", 3],
  ["logScales", 3],
  ["quaternions", 3],
  ["rgb", 3],
  ["opacities", 1],
] as const;

/** Coefficients per channel beyond the first. */
export function shRest(degree: number): number {
  return (degree + 1) ** 2 - 1;
}

export function bytesPerSplat(degree: number, exact: boolean): number {
  return exact ? 52 + 12 * shRest(degree) : 32 + 6 * shRest(degree);
}

/** Decodes a chunk: planar little-endian fields in the order of `FIELDS`, then the harmonics. */
export function decodeChunk(
  header: Pick<SceneHeader, "sh_degree" | "exact">,
  first: number,
  count: number,
  data: DataView | ArrayBuffer,
): SplatBlock {
  const expected = count * bytesPerSplat(header.sh_degree, header.exact);
  if (data.byteLength !== expected)
    throw new Error(`expected ${expected} bytes for ${count} splats, got ${data.byteLength}`);
  const { buffer, offset } = aligned(data);
  let at = offset;
  const take = (length: number, wide: boolean): Float32Array => {
    const start = at;
    at += length * (wide ? 4 : 2);
    return wide
      ? new Float32Array(buffer, start, length)
      : widen(new Uint16Array(buffer, start, length));
  };
  const block: Record<string, Float32Array> = {};
  for (const [name, width] of FIELDS)
    block[name] = take(count * width, header.exact || name === "centres");
  const rest = count * shRest(header.sh_degree) * 3;
  const sh = header.exact ? new Float32Array(buffer, at, rest) : new Uint16Array(buffer, at, rest);
  return { first, count, sh, ...block } as SplatBlock;
}

// Typed arrays must start at a multiple of their element size; a view into a message may not.
function aligned(data: DataView | ArrayBuffer): { buffer: ArrayBuffer; offset: number } {
  if (data instanceof ArrayBuffer) return { buffer: data, offset: 0 };
  if (data.byteOffset % 4 === 0)
    return { buffer: data.buffer as ArrayBuffer, offset: data.byteOffset };
  const end = data.byteOffset + data.byteLength;
  return { buffer: (data.buffer as ArrayBuffer).slice(data.byteOffset, end), offset: 0 };
}

let halves: Float32Array | undefined; // value of each of the 65536 half floats

/** Half floats as float32. */
export function widen(values: Uint16Array): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = halves[values[i]];
  return out;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
