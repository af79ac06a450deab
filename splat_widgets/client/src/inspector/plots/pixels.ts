// The pixel grid: which Gaussian belongs to which pixel of which photo; attributes as pictures.
import { colourIndex } from "../../engine/colormaps";
import type { PixelChannels } from "../../engine/regions";
import { placeOf, type Scale } from "./scale";

/** Wire index of the Gaussian of each pixel of each photo; -1 where there is none. */
export type PixelIndex = { width: number; height: number; wires: Int32Array }[];

export function pixelIndex(
  sizes: readonly { width: number; height: number }[],
  { view, row, col }: PixelChannels,
): PixelIndex {
  const index = sizes.map(({ width, height }) => ({
    width,
    height,
    wires: new Int32Array(width * height).fill(-1),
  }));
  for (let wire = 0; wire < view.length; wire++) {
    const grid = index[view[wire]];
    if (grid) grid.wires[row[wire] * grid.width + col[wire]] = wire;
  }
  return index;
}

/**
 * An attribute as a picture, RGBA.
 *
 * @param map 256 colours of 4 bytes.
 */
export function attributePicture(
  grid: PixelIndex[number],
  values: Float32Array,
  scale: Scale,
  map: Uint8Array,
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * grid.wires.length);
  grid.wires.forEach((wire, pixel) => {
    if (wire < 0) return; // transparent, like NaN
    const place = placeOf(scale, values[wire]);
    if (Number.isNaN(place)) return;
    const entry = 4 * colourIndex(place);
    for (let k = 0; k < 3; k++) out[4 * pixel + k] = map[entry + k];
    out[4 * pixel + 3] = 255;
  });
  return out;
}

/** Colours the pixels of selected Gaussians on top of a picture; the rest is transparent. */
export function selectionPicture(
  grid: PixelIndex[number],
  mask: Uint8Array,
  [r, g, b, a]: readonly number[],
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * grid.wires.length);
  grid.wires.forEach((wire, pixel) => {
    if (wire >= 0 && mask[wire]) out.set([r, g, b, a], 4 * pixel);
  });
  return out;
}
