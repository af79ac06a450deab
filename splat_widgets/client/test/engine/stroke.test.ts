import assert from "node:assert/strict";
import { test } from "node:test";
import { Stroke } from "../../src/engine/stroke";
import { Corners } from "../../src/inspector/controls/corners";
import type { Point } from "../../src/inspector/plots/brush";
import type { PinholeCamera } from "../../src/page/wire";
import { random } from "../random";

// In this camera the picture's pixels are 100 times x / z and y / z.
const CAMERA: PinholeCamera = {
  T_world_camera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  focal_px: 100,
  principal_point_px: [0, 0],
  width: 320,
  height: 200,
};

function distance([px, py]: Point, [x1, y1]: Point, [x2, y2]: Point): number {
  let least = Number.POSITIVE_INFINITY; // by walking along the piece
  for (let k = 0; k <= 4000; k++) {
    const [x, y] = [x1 + ((x2 - x1) * k) / 4000, y1 + ((y2 - y1) * k) / 4000];
    least = Math.min(least, Math.hypot(px - x, py - y));
  }
  return least;
}

test("a stroke passes the centres near its line, also beside the picture, whatever its steps", () => {
  const next = random(3);
  const places = Array.from({ length: 400 }, (): Point => [400 * next() - 40, 280 * next() - 40]);
  const centres = Float32Array.from(places.flatMap(([x, y]) => [x / 50, y / 50, 2, 1]));
  const allowed = Uint8Array.from(places, (_, i) => Number(i % 5 !== 0));
  const line: Point[] = [
    [-30, 20],
    [90, 150],
    [90, 150],
    [330, -20],
  ];
  const stroke = new Stroke(centres, allowed, CAMERA, 31);
  const found = [1, 2, 4].flatMap((count) => stroke.follow(line.slice(0, count)));
  assert.deepEqual(
    found.sort((a, b) => a - b),
    [...stroke.mask].flatMap((bit, i) => (bit ? [i] : [])),
    "each once",
  );
  const pieces = [0, 2].map((k) => [line[k], line[k + 1]] as const);
  places.forEach((place, i) => {
    const apart = Math.min(...pieces.map(([from, to]) => distance(place, from, to)));
    if (Math.abs(apart - 31) > 0.05)
      assert.equal(stroke.mask[i], Number(i % 5 !== 0 && apart < 31), String(place));
  });
  const dot = new Stroke(centres, allowed, { ...CAMERA, principal_point_px: [1e4, 0] }, 31);
  assert.deepEqual(dot.follow([[9, 9]]), [], "nothing there");
});

test("a polygon closes at its first corner or when asked, and takes a corner back", () => {
  const drawn: number[] = [];
  const corners = new Corners((points) => drawn.push(points.length));
  const click = (...points: Point[]) => points.map((point) => corners.add(point));
  click([0, 0], [50, 0], [50, 1]); // the last one belongs to a double click
  assert.equal(corners.count, 2);
  assert.equal(corners.close(), undefined, "two corners enclose nothing");
  click([50, 50]);
  corners.back();
  corners.point([9, 9]);
  assert.equal(drawn[drawn.length - 1], 3);
  click([50, 40]);
  assert.deepEqual(corners.add([3, 3]), [
    [0, 0],
    [50, 0],
    [50, 40],
  ]);
  assert.equal(corners.count, 0);
  assert.equal(drawn[drawn.length - 1], 0);
});
