import assert from "node:assert/strict";
import { test } from "node:test";
import { type Point, polygonTest } from "../../src/engine/regions";

/** The even-odd rule over every edge. */
function insidePolygon(points: readonly Point[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [xi, yi] = points[i];
    const [xj, yj] = points[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

test("bands of edges find what all edges find, on corners and borders too", () => {
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((20 * state) / 2 ** 32); // whole numbers, so that many coincide
  };
  for (let count = 3; count < 40; count++) {
    const points = Array.from({ length: count }, (): Point => [next(), next()]);
    const inside = polygonTest(points);
    for (let x = -1; x <= 20; x += 0.5)
      for (let y = -1; y <= 20; y += 0.5)
        assert.equal(inside(x, y), insidePolygon(points, x, y), `${count} corners, ${x}, ${y}`);
  }
});
