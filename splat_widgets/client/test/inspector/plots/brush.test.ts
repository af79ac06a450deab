import assert from "node:assert/strict";
import { test } from "node:test";
import { polygonOf } from "../../../src/inspector/plots/brush";

test("two corners are a rectangle, more are what was drawn", () => {
  assert.deepEqual(
    polygonOf([
      [1, 2],
      [3, 5],
    ]),
    [
      [1, 2],
      [3, 2],
      [3, 5],
      [1, 5],
    ],
  );
  assert.equal(
    polygonOf([
      [0, 0],
      [1, 0],
      [1, 1],
    ]).length,
    3,
  );
});
