import assert from "node:assert/strict";
import { test } from "node:test";
import { DepthSorter } from "../../src/engine/sort";
import { random } from "../random";

function scene(count: number, depth: (u: number) => number): Float32Array {
  const next = random(7);
  return Float32Array.from({ length: 4 * count }, (_, i) =>
    i % 4 === 2 ? depth(next()) : next() - 0.5,
  );
}

const ALONG_Z: [number, number, number, number] = [0, 0, 1, 0];

for (const [name, depth] of [
  ["a room", (u: number) => 0.5 + 4 * u],
  ["with one splat very far away", (u: number) => (u > 0.999 ? 1e6 : 1 + u)],
] as const)
  test(`farthest first, to within a small part of the depth: ${name}`, () => {
    const centres = scene(5000, depth);
    const order = new Uint32Array(5000);
    assert.equal(new DepthSorter().sort(centres, 5000, null, ALONG_Z, 0.01, order), 5000);
    assert.equal(new Set(order).size, 5000);
    for (let i = 1; i < 5000; i++) {
      const [before, after] = [centres[4 * order[i - 1] + 2], centres[4 * order[i] + 2]];
      assert.ok(after <= before * (1 + 1 / 1000), `${before} then ${after} at ${i}`);
    }
  });

test("what is behind the camera or not a number is left out", () => {
  const centres = new Float32Array([0, 0, -1, 1, 0, 0, 2, 1, 0, 0, Number.NaN, 1, 0, 0, 0.001, 1]);
  const order = new Uint32Array(4);
  assert.equal(new DepthSorter().sort(centres, 4, null, ALONG_Z, 0.01, order), 1);
  assert.equal(order[0], 1);
});

test("equal depths keep the order of their indices", () => {
  const centres = new Float32Array(4 * 10).fill(1);
  const order = new Uint32Array(10);
  new DepthSorter().sort(centres, 10, null, ALONG_Z, 0.01, order);
  assert.deepEqual([...order], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("the depth is measured along the given row", () => {
  const centres = new Float32Array([3, 0, 0, 1, 1, 0, 9, 1, 2, 0, 5, 1]);
  const order = new Uint32Array(3);
  new DepthSorter().sort(centres, 3, null, [1, 0, 0, 0.5], 0.01, order);
  assert.deepEqual([...order], [0, 2, 1]);
});

test("what is not shown is left out", () => {
  const centres = new Float32Array([0, 0, 1, 1, 0, 0, 2, 1, 0, 0, 3, 1, 0, 0, 4, 1]);
  const order = new Uint32Array(4);
  const shown = new Uint8Array([1, 0, 1, 1]);
  assert.equal(new DepthSorter().sort(centres, 4, shown, ALONG_Z, 0.01, order), 3);
  assert.deepEqual([...order.subarray(0, 3)], [3, 2, 0]);
});
