import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesPerSplat, decodeChunk, widen } from "../../src/page/wire";

test("half floats are those of IEEE 754", () => {
  const cases: [number, number][] = [
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x7c00, Number.POSITIVE_INFINITY],
  ];
  const values = widen(Uint16Array.from(cases, ([bits]) => bits));
  assert.deepEqual(
    [...values],
    cases.map(([, value]) => value),
  );
  assert.ok(Number.isNaN(widen(Uint16Array.of(0x7e00))[0]));
});

test("sizes are those of the kernel's side", () => {
  assert.equal(bytesPerSplat(0, false), 32);
  assert.equal(bytesPerSplat(0, true), 52);
  assert.equal(bytesPerSplat(3, false), 32 + 90);
});

test("a chunk is read from anywhere in a buffer", () => {
  const one = new Uint16Array([0x3c00]); // 1
  for (const shift of [0, 2, 3]) {
    const bytes = new Uint8Array(32 + shift);
    new DataView(bytes.buffer).setFloat32(shift, 5, true);
    for (let i = 6; i < 16; i++) bytes.set(new Uint8Array(one.buffer), shift + 2 * i);
    const view = new DataView(bytes.buffer, shift, 32);
    const block = decodeChunk({ sh_degree: 0, exact: false }, 7, 1, view);
    assert.equal(block.first, 7);
    assert.deepEqual([...block.centres], [5, 0, 0]);
    assert.deepEqual([...block.logScales, ...block.quaternions], [1, 1, 1, 1, 1, 1]);
    assert.deepEqual([...block.rgb, ...block.opacities], [1, 1, 1, 1]);
  }
});

test("a chunk of the wrong size is refused with both sizes", () => {
  assert.throws(
    () => decodeChunk({ sh_degree: 0, exact: false }, 0, 3, new ArrayBuffer(7)),
    /expected 96 bytes for 3 splats, got 7/,
  );
});
