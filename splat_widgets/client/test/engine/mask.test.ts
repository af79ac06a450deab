import assert from "node:assert/strict";
import { test } from "node:test";
import { combine, countOf, type Mode, packBits, unpackBits } from "../../src/engine/mask";

test("bits are packed lowest first, as numpy does with bitorder='little'", () => {
  // np.packbits([1, 0, 0, 0, 0, 0, 0, 1, 0, 1], bitorder="little")
  assert.deepEqual([...packBits(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 1))], [129, 2]);
});

test("a mask of any length comes back from its bits", () => {
  for (const count of [0, 1, 7, 8, 9, 64, 1001]) {
    const mask = Uint8Array.from({ length: count }, (_, i) => Number((i * i) % 7 < 3));
    const bits = packBits(mask);
    assert.equal(bits.length, Math.ceil(count / 8));
    assert.deepEqual(unpackBits(bits, count), mask);
  }
});

test("bits for another number of splats are refused with both sizes", () => {
  assert.throws(() => unpackBits(new Uint8Array(2), 17), /expected 3 bytes for 17 splats, got 2/);
});

test("modes are those of sets", () => {
  const old = Uint8Array.of(0, 0, 1, 1);
  const region = Uint8Array.of(0, 1, 0, 1);
  const expected: Record<Mode, number[]> = {
    replace: [0, 1, 0, 1],
    add: [0, 1, 1, 1],
    subtract: [0, 0, 1, 0],
    intersect: [0, 0, 0, 1],
  };
  for (const mode of Object.keys(expected) as Mode[])
    assert.deepEqual([...combine(mode, old, region)], expected[mode], mode);
  assert.deepEqual([...old, ...region], [0, 0, 1, 1, 0, 1, 0, 1], "the inputs stay");
  assert.equal(countOf(old), 2);
});
