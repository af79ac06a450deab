import assert from "node:assert/strict";
import { test } from "node:test";
import {
  attributePicture,
  pixelIndex,
  selectionPicture,
} from "../../../src/inspector/plots/pixels";
import { UNIT } from "../../builders";

test("each pixel knows its Gaussian, whatever the order on the wire", () => {
  const sizes = [
    { width: 3, height: 2 },
    { width: 2, height: 2 },
  ];
  const pixels = {
    view: Float32Array.of(1, 0, 0),
    row: Float32Array.of(1, 0, 1),
    col: Float32Array.of(0, 2, 1),
  };
  const [first, second] = pixelIndex(sizes, pixels);
  assert.deepEqual([...first.wires], [-1, -1, 1, -1, 2, -1]);
  assert.deepEqual([...second.wires], [-1, -1, 0, -1]);

  const map = Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : i >> 2));
  const picture = attributePicture(first, Float32Array.of(0, 0.1, Number.NaN), UNIT, map);
  assert.deepEqual([...picture.subarray(8, 12)], [25, 25, 25, 255]);
  assert.equal(picture[4 * 4 + 3], 0, "what is not a number is not painted");
  assert.equal(picture[3], 0, "nor is a pixel without a Gaussian");
  const marked = selectionPicture(first, Uint8Array.of(1, 0, 1), [1, 2, 3, 4]);
  assert.deepEqual([...marked.subarray(16, 20)], [1, 2, 3, 4]);
  assert.equal(marked[4 * 2 + 3], 0);
});
