import assert from "node:assert/strict";
import { test } from "node:test";
import { COLORMAPS, colormap } from "../../src/engine/colormaps";

test("every map has 256 opaque colours, decoded once", () => {
  for (const name of COLORMAPS) {
    const map = colormap(name);
    assert.equal(map.length, 1024, name);
    assert.ok(map.every((value, i) => i % 4 !== 3 || value === 255));
    assert.equal(colormap(name), map);
  }
});

test("gray is the number itself", () => {
  assert.deepEqual([...colormap("gray").subarray(4 * 77, 4 * 78)], [77, 77, 77, 255]);
});

test("an unknown map is named in the error", () => {
  assert.throws(() => colormap("jet"), /jet/);
});
