// How often pairs of values occur: a histogram of two attributes, and what lies inside a lasso on it.
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

/**
 * 1 for the pairs inside a polygon, by the even-odd rule.
 *
 * @param points corners in the attributes' units.
 * @param log on a logarithmic axis the edges are straight, and only values above 0 count.
 */
export function insideDensity(
  x: Float32Array,
  y: Float32Array,
  points: readonly (readonly [number, number])[],
  log: readonly [boolean, boolean],
): Uint8Array {
  const smallest = 2 ** -126; // of float32, normalised
  const along = (value: number, axis: 0 | 1, least: number) =>
    log[axis] ? Math.log10(Math.max(value, least)) : value;
  const corners = points.map(([u, v]) => [along(u, 0, smallest), along(v, 1, smallest)]);
  const inside = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) {
    if ((log[0] && !(x[i] > 0)) || (log[1] && !(y[i] > 0))) continue;
    const u = along(x[i], 0, 0);
    const v = along(y[i], 1, 0);
    let odd = 0;
    for (let j = 0; j < corners.length; j++) {
      const [u1, v1] = corners[j];
      const [u2, v2] = corners[(j + 1) % corners.length];
      if (v1 > v !== v2 > v && u < ((u2 - u1) * (v - v1)) / (v2 - v1) + u1) odd ^= 1;
    }
    inside[i] = odd;
  }
  return inside;
}
