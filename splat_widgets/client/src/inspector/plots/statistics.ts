// Summary statistics of an attribute's values.

export type Statistics = {
  count: number; // finite values
  nan: number; // values that are not
  min: number;
  median: number;
  mean: number;
  max: number;
};

/**
 * Statistics of the finite values, NaN where there are none.
 *
 * @param subset only these count, if given.
 */
export function statistics(values: Float32Array, subset?: Uint8Array): Statistics {
  const kept = new Float32Array(values.length);
  let count = 0;
  let considered = 0;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    if (subset && !subset[i]) continue;
    considered++;
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    kept[count++] = value;
    sum += value;
  }
  const sorted = kept.subarray(0, count).sort();
  const at = (place: number) => (count ? sorted[place] : Number.NaN);
  return {
    count,
    nan: considered - count,
    min: at(0),
    median: (at((count - 1) >> 1) + at(count >> 1)) / 2,
    mean: count ? sum / count : Number.NaN,
    max: at(count - 1),
  };
}
