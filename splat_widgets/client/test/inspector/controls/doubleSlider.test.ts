import assert from "node:assert/strict";
import { test } from "node:test";
import { moved, STEPS, thumbs } from "../../../src/inspector/controls/doubleSlider";
import { UNIT } from "../../builders";

test("thumbs stand where the bounds are, at the ends where there are none", () => {
  assert.deepEqual(thumbs([null, null], UNIT), [0, STEPS]);
  assert.deepEqual(thumbs([0.25, 0.5], UNIT), [STEPS / 4, STEPS / 2]);
  assert.deepEqual(thumbs([-5, 7], UNIT), [0, STEPS], "bounds off the axis stand at its ends");
  assert.deepEqual(thumbs([1, 10], { low: 0.1, high: 1000, log: true }), [STEPS / 4, STEPS / 2]);
  assert.deepEqual(thumbs([-1, null], { low: 0.1, high: 1, log: true }), [0, STEPS]);
});

test("a moved thumb changes its bound alone and stops at the other", () => {
  assert.deepEqual(moved([null, 0.5], 0, STEPS / 4, UNIT), [0.25, 0.5]);
  assert.deepEqual(moved([0.25, null], 1, STEPS / 2, UNIT), [0.25, 0.5]);
  assert.deepEqual(moved([0.25, 0.5], 0, STEPS, UNIT), [0.5, 0.5]);
  assert.deepEqual(moved([0.25, 0.5], 1, 0, UNIT), [0.25, 0.25]);
  assert.deepEqual(moved([0.25, 0.5], 0, 0, UNIT), [null, 0.5], "at the end nothing is cut off");
  assert.deepEqual(moved([0.25, 0.5], 1, STEPS, UNIT), [0.25, null]);
});

test("a bound that was typed stays exact while the other thumb moves", () => {
  assert.equal(moved([0.123456, 0.5], 1, 300, UNIT)[0], 0.123456);
});
