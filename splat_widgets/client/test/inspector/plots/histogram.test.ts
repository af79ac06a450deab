import assert from "node:assert/strict";
import { test } from "node:test";
import { barHeight, histogram } from "../../../src/inspector/plots/histogram";
import { DECADES, LINEAR } from "../../builders";

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
