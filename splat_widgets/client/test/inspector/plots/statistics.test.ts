import assert from "node:assert/strict";
import { test } from "node:test";
import { statistics } from "../../../src/inspector/plots/statistics";

test("statistics of finite values, of all and of a part", () => {
  const values = Float32Array.of(5, 1, Number.NaN, 3, 9, Number.POSITIVE_INFINITY);
  const all = statistics(values);
  assert.deepEqual(all, { count: 4, nan: 2, min: 1, median: 4, mean: 4.5, max: 9 });
  const part = statistics(values, Uint8Array.of(1, 1, 1, 1, 0, 0));
  assert.deepEqual(part, { count: 3, nan: 1, min: 1, median: 3, mean: 3, max: 5 });
  assert.ok(Number.isNaN(statistics(values, new Uint8Array(6)).median));
  assert.equal(values[0], 5, "the values stay as they were");
});
