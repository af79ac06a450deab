import assert from "node:assert/strict";
import { test } from "node:test";
import {
  grown,
  inBox,
  inDensity,
  inPhoto,
  inPolygon,
  inRange,
  inRectangle,
  inSphere,
  ofPhotos,
  type PixelChannels,
  type Point,
  polygonTest,
} from "../../src/engine/regions";
import type { PinholeCamera } from "../../src/page/wire";

// In this camera the picture's pixels are 100 times x / z and y / z.
const CAMERA: PinholeCamera = {
  T_world_camera: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
  focal_px: 100,
  principal_point_px: [0, 0],
  width: 100,
  height: 100,
};
// The same, turned a quarter about its axis and moved: right is the world's down.
const TURNED: PinholeCamera = {
  ...CAMERA,
  T_world_camera: [0, -1, 0, 5, 1, 0, 0, 6, 0, 0, 1, 7, 0, 0, 0, 1],
};

/** Four floats a splat, as the mesh keeps them. */
function centres(...points: [number, number, number][]): Float32Array {
  return Float32Array.from(points.flatMap((point) => [...point, 0.5]));
}

const SQUARE: Point[] = [
  [10, 10],
  [40, 10],
  [40, 40],
  [10, 40],
];

test("even-odd: what a star encloses twice is outside", () => {
  const star = [0, 2, 4, 1, 3].map((k): Point => {
    const angle = (2 * Math.PI * k) / 5;
    return [Math.sin(angle), -Math.cos(angle)];
  });
  const inside = polygonTest(star);
  assert.equal(inside(0, 0), false, "the pentagon in the middle");
  assert.equal(inside(0, -0.7), true, "a tip");
  assert.equal(inside(0.9, 0.9), false);
});

test("a rectangle includes its border, whichever corners are given", () => {
  // Numbers without rounding: the first two lie exactly in corners.
  const points = centres(
    [0.125, 0.375, 1],
    [0.75, 0.25, 2],
    [0.38, 0.2, 1],
    [0.2, 0.2, -1],
    [0, 0, 0],
  );
  for (const corners of [
    [
      [12.5, 12.5],
      [37.5, 37.5],
    ],
    [
      [37.5, 12.5],
      [12.5, 37.5],
    ],
  ] as [Point, Point][])
    assert.deepEqual([...inRectangle(points, 5, CAMERA, corners)], [1, 1, 0, 0, 0]);
});

test("a lasso takes projected centres in front of the camera only", () => {
  const points = centres([0.2, 0.2, 1], [0.6, 0.6, 3], [0.05, 0.2, 1], [-0.2, -0.2, -1]);
  assert.deepEqual([...inPolygon(points, 4, CAMERA, SQUARE)], [1, 1, 0, 0]);
});

test("the camera's pose counts", () => {
  // right is (0, 1, 0) in the world, down (-1, 0, 0).
  const points = centres([5 - 0.2, 6 + 0.3, 8], [5 + 0.2, 6 + 0.3, 8], [5.2, 5.7, 8]);
  assert.deepEqual([...inPolygon(points, 3, TURNED, SQUARE)], [1, 0, 0]);
});

test("boxes and spheres include their surface", () => {
  const points = centres([1, 2, 3], [1.5, 2, 3], [1, 2.75, 3], [1, 2, 5], [Number.NaN, 2, 3]);
  assert.deepEqual([...inBox(points, 5, [1, 2, 3], [0.5, 0.75, 1])], [1, 1, 1, 0, 0]);
  assert.deepEqual([...inSphere(points, 5, [1, 2, 3], 0.5)], [1, 1, 0, 0, 0]);
  assert.deepEqual([...inSphere(points, 5, [1, 2, 3], 2)], [1, 1, 1, 1, 0]);
});

test("a range compares as float32 and never takes what is not a number", () => {
  // 0.1 as a float32 is larger than 0.1: the bound must be rounded the same way.
  const values = Float32Array.of(0.1, 0.3, Number.NaN, Number.POSITIVE_INFINITY, -1);
  assert.deepEqual([...inRange(values, 0.1, 0.3)], [1, 1, 0, 0, 0]);
  assert.deepEqual([...inRange(values, 0.1, null)], [1, 1, 0, 1, 0]);
  assert.deepEqual([...inRange(values, null, 0.1)], [1, 0, 0, 0, 1]);
  assert.deepEqual([...inRange(values, null, null)], [1, 1, 0, 1, 1]);
});

test("edges are straight in the logarithm where the axis is logarithmic", () => {
  // The diagonal from (1, 1) to (100, 100): below it is inside.
  const triangle: Point[] = [
    [1, 1],
    [100, 1],
    [100, 100],
  ];
  const x = Float32Array.of(10, 10, 10, -1, Number.NaN);
  const y = Float32Array.of(9, 11, 2, 2, 2);
  assert.deepEqual([...inDensity([x, y], [true, true], triangle)], [1, 0, 1, 0, 0]);
  // With only x logarithmic the edge passes x = 10 at y = 50.5.
  assert.deepEqual([...inDensity([x, y], [true, false], triangle)], [1, 1, 1, 0, 0]);
});

/** Two photos of 3 x 2 pixels, row by row. */
function grid(): PixelChannels {
  const number = [...Array(12).keys()];
  return {
    view: Float32Array.from(number, (i) => Math.floor(i / 6)),
    row: Float32Array.from(number, (i) => Math.floor((i % 6) / 3)),
    col: Float32Array.from(number, (i) => i % 3),
  };
}

test("a polygon on a photo takes the pixels whose middle it encloses, of that photo", () => {
  const left: Point[] = [
    [0, 0],
    [1.6, 0],
    [1.6, 1],
    [0, 1],
  ];
  assert.deepEqual([...inPhoto(grid(), 1, left)], [0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
});

test("growth goes to the four neighbours, never round a corner, an edge or into another photo", () => {
  const one = (i: number) => Uint8Array.from({ length: 12 }, (_, k) => Number(k === i));
  const found = (i: number) =>
    [...grown(one(i), grid()).entries()].filter(([, m]) => m).map(([k]) => k);
  assert.deepEqual(found(0), [0, 1, 3]);
  assert.deepEqual(found(2), [1, 2, 5], "not the first pixel of the next row");
  assert.deepEqual(found(4), [1, 3, 4, 5]);
  assert.deepEqual(found(6), [6, 7, 9], "not the last pixel of the other photo");
});

test("a lasso on logarithmic axes is straight in decades", () => {
  // The triangle 1, 100 across and up has the diagonal y = x in logarithms, and 10, 10 on it.
  const triangle: [number, number][] = [
    [1, 1],
    [100, 1],
    [100, 100],
  ];
  const x = Float32Array.of(10, 10, 50, 0, Number.NaN);
  const y = Float32Array.of(9, 11, 9, 5, 5);
  assert.deepEqual([...inDensity([x, y], [true, true], triangle)], [1, 0, 1, 0, 0]);
  // On even axes the same corners cut elsewhere: 10, 9 still below the diagonal, 10, 0.5 outside.
  assert.deepEqual(
    [...inDensity([Float32Array.of(10, 10), Float32Array.of(9, 0.5)], [false, false], triangle)],
    [1, 0],
  );
});

test("splats of any of some photos", () => {
  assert.deepEqual([...ofPhotos(Float32Array.of(0, 1, 2, 10, 1), [1, 10])], [0, 1, 0, 1, 1]);
});
