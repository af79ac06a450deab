// Counts of pairs of values: a histogram of two attributes.
import { placeOf, type Scale } from "./scale";

export type Density = {
  across: number; // bins
  up: number;
  all: Uint32Array; // (up, across), the lowest row first
  selected: Uint32Array;
  most: number; // the largest count
  outside: number; // pairs off the axes or not finite
};

export function density(
  x: Float32Array,
  y: Float32Array,
  scales: readonly [Scale, Scale],
  across: number,
  up: number,
  selection?: Uint8Array,
  shown?: Uint8Array,
): Density {
  const all = new Uint32Array(across * up);
  const selected = new Uint32Array(across * up);
  let most = 0;
  let outside = 0;
  for (let i = 0; i < x.length; i++) {
    if (shown && !shown[i]) continue;
    const u = placeOf(scales[0], x[i]);
    const v = placeOf(scales[1], y[i]);
    if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) {
      outside++;
      continue;
    }
    const column = Math.min(across - 1, Math.floor(u * across));
    const row = Math.min(up - 1, Math.floor(v * up));
    const bin = row * across + column;
    const count = ++all[bin];
    if (count > most) most = count;
    if (selection?.[i]) selected[bin]++;
  }
  return { across, up, all, selected, most, outside };
}
