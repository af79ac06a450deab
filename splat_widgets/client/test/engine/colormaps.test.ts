import assert from "node:assert/strict";
import { test } from "node:test";
import { COLOUR_INDEX_GLSL, colormap, colourIndex } from "../../src/engine/colormaps";
import { COLORMAPS } from "../../src/page/state.gen";
import { random } from "../random";

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

test("a map's pixel and a splat have the same of 256 equal parts", () => {
  const floor = Math.floor;
  const int = Math.trunc;
  const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
  const body = `return ${COLOUR_INDEX_GLSL}`; // the shader's own text
  const inShader = new Function("t", "floor", "int", "clamp", body);
  const next = random(5);
  const places = [-1, 0, 1 / 256, 255 / 256, 1, 2, ...Array.from({ length: 1000 }, next)];
  for (const t of places) {
    assert.equal(colourIndex(t), inShader(t, floor, int, clamp), `${t}`);
    if (t >= 0 && t < 1) assert.ok(colourIndex(t) / 256 <= t && t < (colourIndex(t) + 1) / 256);
  }
});

test("an unknown map is named in the error", () => {
  assert.throws(() => colormap("jet"), /jet/);
});
