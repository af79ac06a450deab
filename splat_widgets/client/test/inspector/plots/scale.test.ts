import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf, scaleOf, ticks, valueAt } from "../../../src/inspector/plots/scale";
import { DECADES, LINEAR } from "../../builders";

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
