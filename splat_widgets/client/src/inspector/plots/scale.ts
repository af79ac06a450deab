// Axes: from values to places between 0 and 1, and their ticks.

/** An axis from `low` to `high`, low < high; a logarithmic one has 0 < low. */
export type Scale = { low: number; high: number; log: boolean };

/** Where a value lies: 0 at `low`, 1 at `high`; NaN for a value without a logarithm. */
export function placeOf(scale: Scale, value: number): number {
  if (!scale.log) return (value - scale.low) / (scale.high - scale.low);
  if (!(value > 0)) return value === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  return Math.log(value / scale.low) / Math.log(scale.high / scale.low);
}

/** A place, or the end of the axis that is nearest to it. */
export function clamp01(place: number): number {
  return Math.min(1, Math.max(0, place));
}

/** The value at a place; the inverse of `placeOf`. */
export function valueAt(scale: Scale, place: number): number {
  const { low, high } = scale;
  if (place === 0) return low;
  if (place === 1) return high;
  return scale.log ? low * (high / low) ** place : low + (high - low) * place;
}

/** A scale over limits that may be reversed, equal, or not positive under a logarithm. */
export function scaleOf(low: number, high: number, log: boolean): Scale {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: log ? 1 : 0, high: 10, log };
  if (low > high) [low, high] = [high, low];
  if (log) {
    if (!(high > 0)) return { low: 1, high: 10, log };
    if (!(low > 0)) low = high / 1e6;
    return low < high ? { low, high, log } : { low: low / 2, high: high * 2, log };
  }
  if (low < high) return { low, high, log };
  const room = Math.abs(low) > 0 ? Math.abs(low) / 2 : 0.5;
  return { low: low - room, high: high + room, log };
}

/** Round values for an axis: at most `most`, at least two where the range allows. */
export function ticks(scale: Scale, most = 5): number[] {
  const logarithmic = scale.log ? decades(scale, most) : [];
  return logarithmic.length >= 2 ? logarithmic : evenTicks(scale, most);
}

function evenTicks({ low, high }: Scale, most: number): number[] {
  const rough = (high - low) / Math.max(1, most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const found = (step: number) => {
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    // Multiples and not sums, so that 0.3 is not 0.30000000000000004.
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    return Array.from({ length: last - first + 1 }, (_, i) =>
      Number(((first + i) * step).toFixed(Math.min(digits, 100))),
    );
  };
  for (const factor of [1, 2, 5, 10, 20, 50]) {
    const list = found(factor * power);
    if (list.length <= most) return list;
  }
  return [low, high];
}

function decades({ low, high }: Scale, most: number): number[] {
  const first = Math.floor(Math.log10(low) - 1e-9);
  const last = Math.ceil(Math.log10(high) + 1e-9);
  const inside = (list: number[]) =>
    list.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
  const powers = (mantissas: number[], stride: number) => {
    const list: number[] = [];
    for (let power = first; power <= last; power++)
      if (((power % stride) + stride) % stride === 0)
        for (const mantissa of mantissas) list.push(Number(`${mantissa}e${power}`));
    return inside(list);
  };
  for (const mantissas of [
    [1, 2, 5],
    [1, 3],
  ]) {
    const list = powers(mantissas, 1);
    if (list.length <= most) return list;
  }
  for (let stride = 1; stride < 40; stride++) {
    const list = powers([1], stride);
    if (list.length <= most) return list;
  }
  return [];
}
