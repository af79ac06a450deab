import assert from "node:assert/strict";
import { test } from "node:test";
import { density } from "../src/inspector/plots/density";
import { barHeight, histogram } from "../src/inspector/plots/histogram";
import { fieldText, formatValue, parseField } from "../src/inspector/plots/numbers";
import { placeOf, type Scale, scaleOf, ticks, valueAt } from "../src/inspector/plots/scale";
import { statistics } from "../src/inspector/plots/statistics";

const LINEAR: Scale = { low: -2, high: 6, log: false };
const DECADES: Scale = { low: 1e-3, high: 1e2, log: true };

test("a place and its value are inverse to each other, the ends exactly", () => {
  for (const scale of [LINEAR, DECADES]) {
    assert.equal(valueAt(scale, 0), scale.low);
    assert.equal(valueAt(scale, 1), scale.high);
    for (const place of [0.1, 0.37, 0.9])
      assert.ok(Math.abs(placeOf(scale, valueAt(scale, place)) - place) < 1e-12);
  }
  assert.ok(Math.abs(placeOf(DECADES, 1) - 0.6) < 1e-12);
  assert.ok(Number.isNaN(placeOf(DECADES, -1)) && placeOf(DECADES, 0) === -Infinity);
});

test("limits that no axis can have become some that it can", () => {
  assert.deepEqual(scaleOf(3, 1, false), { low: 1, high: 3, log: false });
  assert.deepEqual(scaleOf(2, 2, false), { low: 1, high: 3, log: false });
  assert.deepEqual(scaleOf(0, 0, false), { low: -0.5, high: 0.5, log: false });
  assert.deepEqual(scaleOf(0, 5, true), { low: 5e-6, high: 5, log: true });
  assert.deepEqual(scaleOf(-5, -1, true), { low: 1, high: 10, log: true });
  assert.deepEqual(scaleOf(Number.NaN, 1, false), { low: 0, high: 10, log: false });
});

test("ticks are round, inside, and not too many", () => {
  assert.deepEqual(ticks({ low: 0, high: 1, log: false }, 6), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(
    ticks({ low: 0.05, high: 0.32, log: false }, 6),
    [0.05, 0.1, 0.15, 0.2, 0.25, 0.3],
  );
  assert.deepEqual(ticks(DECADES, 6), [1e-3, 1e-2, 0.1, 1, 10, 100]);
  assert.deepEqual(ticks({ low: 1e-9, high: 1e9, log: true }, 4), [1e-5, 1, 1e5]);
  assert.deepEqual(ticks({ low: 0.9, high: 12, log: true }, 5), [1, 2, 5, 10]);
  for (const low of [-3.7, 0.012, 812])
    for (const high of [813, 1e5])
      for (const log of [false, true]) {
        if (log && low <= 0) continue;
        const list = ticks({ low, high, log }, 5);
        assert.ok(list.length >= 1 && list.length <= 5, `${low} ${high} ${log}: ${list}`);
        assert.ok(list.every((value) => value >= low && value <= high));
      }
});

test("a narrow logarithmic axis has even ticks", () => {
  assert.deepEqual(ticks({ low: 1.1, high: 1.5, log: true }, 5), [1.1, 1.2, 1.3, 1.4, 1.5]);
});

test("bins count as numpy's do: lower edges belong, the last upper edge too", () => {
  const values = Float32Array.from([-3, -2, -1.5, 0, 1.99, 2, 5, 6, 7, Number.NaN]);
  const selection = Uint8Array.from([1, 1, 0, 0, 0, 1, 0, 1, 1, 1]);
  const found = histogram(values, LINEAR, 4, selection);
  assert.deepEqual([...found.edges], [-2, 0, 2, 4, 6]);
  assert.deepEqual([...found.all], [2, 2, 1, 2]);
  assert.deepEqual([...found.selected], [1, 0, 1, 1]);
  assert.deepEqual([found.below, found.above, found.nan], [1, 1, 1]);
});

test("every value lies between the edges of its bin, on either axis", () => {
  // One value a bin, at its lower edge as a float32: rounding must not move it to a neighbour.
  for (const scale of [{ low: 0.1, high: 0.7, log: false }, DECADES]) {
    const bins = 61;
    const { edges } = histogram(new Float32Array(), scale, bins);
    for (let i = 0; i < bins; i++) {
      const value = Math.fround(edges[i]);
      const { all, below } = histogram(Float32Array.of(value), scale, bins);
      const bin = all.indexOf(1);
      if (bin < 0) assert.ok(below === 1 && value < scale.low);
      else assert.ok(edges[bin] <= value && value < edges[bin + 1], `${scale.log} ${i}`);
    }
  }
});

test("even values fill even bins; on a logarithmic axis as the logarithm says", () => {
  const values = Float32Array.from({ length: 9_000 }, (_, i) => 1 + (i + 0.5) / 1000); // 1 to 10
  const even = histogram(values, { low: 1, high: 10, log: false }, 9);
  assert.deepEqual([...even.all], new Array(9).fill(1000));
  const decade = histogram(values, { low: 1, high: 10, log: true }, 3);
  decade.all.forEach((count, i) => {
    const expected = 1000 * (10 ** ((i + 1) / 3) - 10 ** (i / 3));
    assert.ok(Math.abs(count - expected) <= 1, `${count} ${expected}`);
  });
});

test("hidden values count nowhere", () => {
  const values = Float32Array.of(1, 2, 3, Number.NaN);
  const shown = Uint8Array.of(1, 0, 1, 0);
  const found = histogram(values, { low: 0, high: 4, log: false }, 4, undefined, shown);
  assert.deepEqual([...found.all, found.nan], [0, 1, 0, 1, 0]);
});

test("bars: linear in the count or its logarithm, and one is seen", () => {
  assert.equal(barHeight(25, 100, false), 0.25);
  assert.equal(barHeight(0, 100, true), 0);
  assert.equal(barHeight(100, 100, true), 1);
  assert.ok(barHeight(1, 100_000, true) > 0.05);
});

test("statistics of finite values, of all and of a part", () => {
  const values = Float32Array.of(5, 1, Number.NaN, 3, 9, Number.POSITIVE_INFINITY);
  const all = statistics(values);
  assert.deepEqual(all, { count: 4, nan: 2, min: 1, median: 4, mean: 4.5, max: 9 });
  const part = statistics(values, Uint8Array.of(1, 1, 1, 1, 0, 0));
  assert.deepEqual(part, { count: 3, nan: 1, min: 1, median: 3, mean: 3, max: 5 });
  assert.ok(Number.isNaN(statistics(values, new Uint8Array(6)).median));
  assert.equal(values[0], 5, "the values stay as they were");
});

test("pairs are counted where they lie", () => {
  const x = Float32Array.of(0.1, 0.9, 0.9, 2, Number.NaN, 1);
  const y = Float32Array.of(1, 10, 10, 10, 10, 100);
  const scales: [Scale, Scale] = [
    { low: 0, high: 1, log: false },
    { low: 1, high: 100, log: true },
  ];
  const found = density(x, y, scales, 2, 2, Uint8Array.of(1, 1, 0, 1, 1, 0));
  assert.deepEqual([...found.all], [1, 0, 0, 3]);
  assert.deepEqual([...found.selected], [1, 0, 0, 1]);
  assert.deepEqual([found.most, found.outside], [3, 2]);
});

test("numbers are short and can be read back", () => {
  assert.equal(formatValue(0.012345), "0.01235");
  assert.equal(formatValue(-1234.56), "−1235");
  assert.equal(formatValue(123456), "123,500");
  assert.equal(formatValue(1.5e-7), "1.5×10⁻⁷");
  assert.equal(formatValue(1e8), "10⁸");
  assert.equal(formatValue(Number.NaN), "NaN");
  assert.equal(parseField("−1,234.5"), -1234.5);
  assert.equal(parseField("  "), null);
  assert.equal(parseField("abc"), undefined);
  assert.equal(parseField(fieldText(Math.fround(0.1))), 0.1);
});
