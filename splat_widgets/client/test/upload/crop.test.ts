import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Corner,
  edgesOf,
  moved,
  pulled,
  type Square,
  scaled,
  squareCrop,
  squareOf,
} from "../../src/upload/crop";
import { random } from "../random";

const SIZES = [
  { width: 800, height: 400 },
  { width: 301, height: 902 },
  { width: 64, height: 64 },
];
const CORNERS: Corner[] = ["nw", "ne", "sw", "se"];

function holds({ x, y, side }: Square, { width, height }: { width: number; height: number }) {
  return (
    [x, y, side].every(Number.isInteger) &&
    x >= 0 &&
    y >= 0 &&
    side >= 1 &&
    x + side <= width &&
    y + side <= height
  );
}

test("whatever is done to a square, it stays a square of whole pixels in its photo", () => {
  const next = random(3);
  for (const size of SIZES) {
    let square = squareOf(squareCrop(size.width, size.height, 512), size);
    assert.ok(holds(square, size));
    for (let i = 0; i < 500; i++) {
      const far = () => (next() - 0.5) * 3 * size.width;
      const kind = Math.floor(3 * next());
      if (kind === 0) square = moved(square, far(), far(), size);
      else if (kind === 1) square = scaled(square, 0.5 + 1.5 * next(), size);
      else square = pulled(square, CORNERS[Math.floor(4 * next())], [far(), far()], size);
      assert.ok(holds(square, size), JSON.stringify(square));
      assert.deepEqual(squareOf(edgesOf(square, size), size), square, "there and back");
    }
  }
});

test("a pulled corner follows the pointer, the opposite one stays", () => {
  const size = { width: 800, height: 400 };
  const square = { x: 100, y: 100, side: 200 };
  assert.deepEqual(pulled(square, "se", [350, 260], size), { x: 100, y: 100, side: 250 });
  assert.deepEqual(pulled(square, "nw", [150, 120], size), { x: 120, y: 120, side: 180 });
  assert.deepEqual(pulled(square, "ne", [900, 50], size), { x: 100, y: 0, side: 300 });
  assert.deepEqual(pulled(square, "sw", [290, 110], size), { x: 236, y: 100, side: 64 });
});
