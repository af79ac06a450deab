import assert from "node:assert/strict";
import { test } from "node:test";
import { Picker } from "../../src/inspector/picker";
import type { PickedAnswer } from "../../src/page/state.gen";
import { inspected } from "../builders";

const ANSWER: PickedAnswer & { view: null; kind: "picked"; number: number | null } = {
  view: null,
  kind: "picked",
  number: 0,
  index: 7,
  wire: 2,
  center: [0, 0, 2],
  axes: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  values: {},
  stack: [
    { index: 7, wire: 2, weight: 0.6 },
    { index: 9, wire: 3, weight: 0.4 },
  ],
  source: null,
  problem: "",
};

function picker() {
  const { inspection, notices, changes, requests, send, ...parts } = inspected();
  const stack = [2, 3, 0].map((wire, i) => ({ wire, alpha: 0.5, weight: 0.5 ** (i + 1) }));
  inspection.stackAt = (x) => (x < 0 ? [] : stack);
  const made = new Picker(inspection, notices, changes, requests, send);
  return { picker: made, notices, requests, ...parts };
}

test("a click picks the largest weight; with step the next of the same stack, round and round", () => {
  const { picker: pick, sent } = picker();
  pick.pickAt(5, 5);
  for (let i = 0; i < 3; i++) pick.pickAt(5, 5, true);
  assert.deepEqual(
    sent.map(({ message }) => [message.wire, message.number]),
    [
      [2, 0],
      [3, 1],
      [0, 2],
      [2, 0],
    ],
  );
  assert.deepEqual(sent[0].message.stack, [
    [2, 0.5],
    [3, 0.25],
    [0, 0.125],
  ]);
  pick.pickAt(-1, 0, true);
  assert.equal(sent.at(-1)?.message.wire, -1, "where nothing is, nothing is picked");
});

test("the answer is kept and told; what follows may come from its stack", () => {
  const { picker: pick, sent, emitted } = picker();
  pick.receive(ANSWER, [new DataView(new ArrayBuffer(3))]);
  assert.equal(pick.picked?.index, 7);
  assert.equal(pick.pickedPicture?.size, 3);
  assert.deepEqual(emitted, ["picked"]);
  pick.pickFromStack(1);
  assert.equal(sent.at(-1)?.message.wire, 3);
  pick.pickFromStack(5);
  assert.equal(sent.length, 1, "there is no sixth contributor");
  pick.receive({ ...ANSWER, index: -1, wire: -1, axes: [] }, []);
  assert.equal(pick.picked, undefined);
  assert.equal(pick.pickedPicture, undefined);
});

test("a problem is said, pointing is told once", () => {
  const { picker: pick, notices, emitted } = picker();
  pick.receive({ ...ANSWER, index: -1, problem: "its attributes failed" }, []);
  assert.equal(notices.current.text, "its attributes failed");
  pick.hover(1);
  pick.hover(1);
  assert.deepEqual(emitted, ["picked", "hover"]);
});

test("while a pick has no answer, and of what it has picked, it takes nothing else", () => {
  const { picker: pick, requests } = picker();
  pick.pickAt(5, 5);
  pick.receive({ ...ANSWER, number: null, index: 9 }, []);
  assert.deepEqual([pick.picked], [undefined], "what the kernel had picked before");
  pick.receive(ANSWER, []);
  assert.deepEqual([...requests.unanswered], []);
  pick.receive({ ...ANSWER, number: null, stack: [] }, []);
  assert.equal(pick.picked?.stack.length, 2, "a greeting is answered without the stack");
  pick.receive({ ...ANSWER, number: null, index: 9 }, []);
  assert.equal(pick.picked?.index, 9);
});
