// Sets of splats: one byte a splat on the page, one bit on the wire.

import type { Mode } from "../page/state.gen";

export type { Mode };
export type Mask = Uint8Array; // 0 or 1 for each splat

export function countOf(mask: Mask): number {
  let sum = 0;
  for (let i = 0; i < mask.length; i++) sum += mask[i];
  return sum;
}

/** The new selection from the old one and a region. */
export function combine(mode: Mode, old: Mask, region: Mask): Mask {
  const out = new Uint8Array(old.length);
  for (let i = 0; i < out.length; i++) {
    const was = old[i];
    const is = region[i];
    out[i] =
      mode === "replace"
        ? is
        : mode === "add"
          ? was | is
          : mode === "subtract"
            ? was & (is ^ 1)
            : was & is;
  }
  return out;
}

/** Bits, the lowest of each byte first: numpy's `packbits(bitorder="little")`. */
export function packBits(mask: Mask): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.ceil(mask.length / 8));
  for (let i = 0; i < mask.length; i++) out[i >> 3] |= mask[i] << (i & 7);
  return out;
}

export function unpackBits(bits: Uint8Array, count: number): Mask {
  if (bits.length !== Math.ceil(count / 8))
    throw new Error(
      `expected ${Math.ceil(count / 8)} bytes for ${count} splats, got ${bits.length}`,
    );
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = (bits[i >> 3] >> (i & 7)) & 1;
  return out;
}
