import assert from "node:assert/strict";
import { test } from "node:test";
import { density } from "../../../src/inspector/plots/density";
import type { Scale } from "../../../src/inspector/plots/scale";

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
