// Counts of values in bins: of all splats and of the selected ones.
import { placeOf, type Scale, valueAt } from "./scale";

export type Histogram = {
  scale: Scale;
  edges: Float64Array; // (bins + 1,)
  all: Uint32Array; // (bins,)
  selected: Uint32Array; // (bins,)
  below: number; // values left of the axis, or without a logarithm
  above: number;
  nan: number;
};

/**
 * Counts values in bins of equal width on the axis. As numpy's histogram does, a bin holds its lower
 * edge and the last bin both edges.
 *
 * @param shown only these count, if given.
 */
export function histogram(
  values: Float32Array,
  scale: Scale,
  bins: number,
  selection?: Uint8Array,
  shown?: Uint8Array,
): Histogram {
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => valueAt(scale, i / bins));
  const all = new Uint32Array(bins);
  const selected = new Uint32Array(bins);
  let below = 0;
  let above = 0;
  let nan = 0;
  const { low, high } = scale;
  for (let i = 0; i < values.length; i++) {
    if (shown && !shown[i]) continue;
    const value = values[i];
    if (value < low) below++;
    else if (value > high) above++;
    else if (value >= low) {
      const bin = binOf(value, scale, edges, bins);
      all[bin]++;
      if (selection?.[i]) selected[bin]++;
    } else nan++;
  }
  return { scale, edges, all, selected, below, above, nan };
}

// The place is rounded, so the edges decide.
function binOf(value: number, scale: Scale, edges: Float64Array, bins: number): number {
  const bin = Math.min(bins - 1, Math.max(0, Math.floor(placeOf(scale, value) * bins)));
  if (value < edges[bin]) return bin - 1;
  return value >= edges[bin + 1] && bin < bins - 1 ? bin + 1 : bin;
}

/** Height of a bar between 0 and 1; a logarithmic scale makes a single count visible. */
export function barHeight(count: number, most: number, log: boolean): number {
  if (count === 0 || most === 0) return 0;
  return log ? Math.log1p(count) / Math.log1p(most) : count / most;
}
