import assert from "node:assert/strict";
import { test } from "node:test";
import { inDensity } from "../src/engine/regions";
import { AttributeStore, Superseded } from "../src/inspector/attributeStore";
import { moved, STEPS, thumbs } from "../src/inspector/controls/doubleSlider";
import { modeOf } from "../src/inspector/modes";
import { polygonOf } from "../src/inspector/plots/brush";
import { attributePicture, pixelIndex, selectionPicture } from "../src/inspector/plots/pixels";
import type { Scale } from "../src/inspector/plots/scale";

const UNIT: Scale = { low: 0, high: 1, log: false };

test("thumbs stand where the bounds are, at the ends where there are none", () => {
  assert.deepEqual(thumbs([null, null], UNIT), [0, STEPS]);
  assert.deepEqual(thumbs([0.25, 0.5], UNIT), [STEPS / 4, STEPS / 2]);
  assert.deepEqual(thumbs([-5, 7], UNIT), [0, STEPS], "bounds off the axis stand at its ends");
  assert.deepEqual(thumbs([1, 10], { low: 0.1, high: 1000, log: true }), [STEPS / 4, STEPS / 2]);
  assert.deepEqual(thumbs([-1, null], { low: 0.1, high: 1, log: true }), [0, STEPS]);
});

test("a moved thumb changes its bound alone and stops at the other", () => {
  assert.deepEqual(moved([null, 0.5], 0, STEPS / 4, UNIT), [0.25, 0.5]);
  assert.deepEqual(moved([0.25, null], 1, STEPS / 2, UNIT), [0.25, 0.5]);
  assert.deepEqual(moved([0.25, 0.5], 0, STEPS, UNIT), [0.5, 0.5]);
  assert.deepEqual(moved([0.25, 0.5], 1, 0, UNIT), [0.25, 0.25]);
  assert.deepEqual(moved([0.25, 0.5], 0, 0, UNIT), [null, 0.5], "at the end nothing is cut off");
  assert.deepEqual(moved([0.25, 0.5], 1, STEPS, UNIT), [0.25, null]);
});

test("a bound that was typed stays exact while the other thumb moves", () => {
  assert.equal(moved([0.123456, 0.5], 1, 300, UNIT)[0], 0.123456);
});

test("shift adds, alt subtracts, both intersect", () => {
  const keys = (shiftKey: boolean, altKey: boolean) => modeOf({ shiftKey, altKey }, "replace");
  assert.deepEqual(
    [keys(false, false), keys(true, false), keys(false, true), keys(true, true)],
    ["replace", "add", "subtract", "intersect"],
  );
  assert.equal(modeOf({ shiftKey: false, altKey: false }, "intersect"), "intersect");
});

test("two corners are a rectangle, more are what was drawn", () => {
  assert.deepEqual(
    polygonOf([
      [1, 2],
      [3, 5],
    ]),
    [
      [1, 2],
      [3, 2],
      [3, 5],
      [1, 5],
    ],
  );
  assert.equal(
    polygonOf([
      [0, 0],
      [1, 0],
      [1, 1],
    ]).length,
    3,
  );
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
  const picture = attributePicture(first, Float32Array.of(0, 0.5, Number.NaN), UNIT, map);
  assert.deepEqual([...picture.subarray(8, 12)], [128, 128, 128, 255]);
  assert.equal(picture[4 * 4 + 3], 0, "what is not a number is not painted");
  assert.equal(picture[3], 0, "nor is a pixel without a Gaussian");
  const marked = selectionPicture(first, Uint8Array.of(1, 0, 1), [1, 2, 3, 4]);
  assert.deepEqual([...marked.subarray(16, 20)], [1, 2, 3, 4]);
  assert.equal(marked[4 * 2 + 3], 0);
});

type Answer = Parameters<AttributeStore["receive"]>[0];
const answer = (request: string, part: Partial<Answer>): Answer => ({
  kind: "attribute",
  request,
  name: "a",
  first: 0,
  count: 0,
  total: 3,
  limits: [0, 1],
  limits_log: [0.1, 1],
  pending: false,
  problem: "",
  ...part,
});
const floats = (...values: number[]) => new DataView(Float32Array.from(values).buffer);

function attributeStore(): { asked: string[]; store: AttributeStore } {
  const asked: string[] = [];
  const store = new AttributeStore(
    { count: 3 },
    { ask: (request) => asked.push(request), changed: () => {}, failed: () => {} },
  );
  return { asked, store };
}

test("an attribute is asked for once and put together from its chunks", async () => {
  const { asked, store } = attributeStore();
  const [one, two] = [store.load("a"), store.load("a")];
  assert.equal(asked.length, 1);
  assert.deepEqual(store.waiting, ["a"]);
  store.receive(answer(asked[0], { pending: true }), []);
  store.receive(answer(asked[0], { first: 0, count: 2 }), [floats(1, 2)]);
  assert.equal(store.get("a"), undefined);
  store.receive(answer(asked[0], { first: 2, count: 1 }), [floats(3)]);
  assert.deepEqual([...(await one).values], [1, 2, 3]);
  assert.equal(await one, await two);
  assert.deepEqual(store.waiting, []);
  assert.deepEqual(store.forget(["a", "b"]), ["a"]);
  store.load("a");
  assert.equal(asked.length, 2);
});

test("values that change while they are on their way are asked for again", async () => {
  const { asked, store } = attributeStore();
  const waiting = store.load("a");
  store.receive(answer(asked[0], { first: 0, count: 2 }), [floats(1, 2)]);
  assert.deepEqual(store.forget(["a"]), []);
  assert.equal(asked.length, 2);
  store.receive(answer(asked[0], { first: 2, count: 1 }), [floats(3)]);
  assert.equal(store.get("a"), undefined, "the old values are not taken");
  store.receive(answer(asked[1], { first: 0, count: 3 }), [floats(4, 5, 6)]);
  assert.deepEqual([...(await waiting).values], [4, 5, 6]);
});

test("a problem rejects, and so does another scene; both can be asked for again", async () => {
  const { asked, store } = attributeStore();
  const failed = store.load("a");
  store.receive(answer(asked[0], { problem: "no such thing" }), []);
  await assert.rejects(failed, /no such thing/);
  const stale = store.load("a");
  store.clear();
  await assert.rejects(stale, Superseded);
  store.receive(answer(asked[1], { count: 3 }), [floats(1, 2, 3)]);
  assert.equal(store.get("a"), undefined, "an answer for the old scene is not taken");
});
