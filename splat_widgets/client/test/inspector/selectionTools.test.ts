import assert from "node:assert/strict";
import { test } from "node:test";
import { modeOf, SelectionTools } from "../../src/inspector/selectionTools";
import { answerAttribute, inspected, sceneOf } from "../builders";

function tools(state = {}) {
  const parts = inspected(state);
  const { traits, inspection, attributes, notices, changes, requests, send } = parts;
  return {
    ...parts,
    tools: new SelectionTools(traits, inspection, attributes, notices, changes, requests, send),
  };
}

test("shift adds, alt subtracts, both intersect", () => {
  const keys = (shiftKey: boolean, altKey: boolean) => modeOf({ shiftKey, altKey }, "replace");
  assert.deepEqual(
    [keys(false, false), keys(true, false), keys(false, true), keys(true, true)],
    ["replace", "add", "subtract", "intersect"],
  );
  assert.equal(modeOf({ shiftKey: false, altKey: false }, "intersect"), "intersect");
});

test("a selection is shown at once and sent as bits, with how it was made", () => {
  const { tools: selection, sent, emitted } = tools({ opacity_scale: 2 });
  selection.selectWire(1, "replace");
  selection.selectWire(3, "add");
  assert.deepEqual([...selection.mask], [0, 1, 0, 1]);
  assert.equal(selection.count, 2);
  assert.deepEqual(emitted, ["selection", "selection"]);
  const { message, buffers } = sent[1];
  assert.equal(message.scene, "one");
  const how = message.how as Record<string, unknown>;
  assert.deepEqual([how.kind, how.wires, how.mode], ["pick", [3], "add"]);
  assert.equal((how.shown as { opacity_scale: number }).opacity_scale, 2);
  assert.deepEqual([...new Uint8Array(buffers[0])], [0b1010]);
});

test("a range loads its attribute; a problem is said and selects nothing", async () => {
  const parts = tools();
  const done = parts.tools.selectRange("depth", 2, null, "replace");
  answerAttribute(parts, [1, 2, 3, Number.NaN]);
  await done;
  assert.deepEqual([...parts.tools.mask], [0, 1, 1, 0]);
  const failing = parts.tools.selectRange("other", 0, 1, "replace");
  answerAttribute(parts, [], "no such attribute");
  await failing;
  assert.equal(parts.notices.current.text, "no such attribute");
  assert.deepEqual([...parts.tools.mask], [0, 1, 1, 0]);
});

test("boxes and spheres select what lies inside, borders too", () => {
  const { tools: selection } = tools();
  selection.selectVolume("replace");
  assert.equal(selection.count, 0, "there is no volume yet");
  selection.setVolume({ kind: "box", center: [0, 0, 1], half_sizes: [1, 1, 1] });
  selection.selectVolume("replace");
  assert.deepEqual([...selection.mask], [1, 1, 1, 0]);
  selection.setVolume({ kind: "sphere", center: [0, 0, 2], radius: 1 });
  selection.selectVolume("intersect");
  assert.deepEqual([...selection.mask], [0, 1, 1, 0]);
});

test("all, none and invert concern what is shown", () => {
  const { tools: selection, inspection } = tools();
  inspection.setChannel("depth", Float32Array.of(0, 1, 2, 3));
  inspection.setLook({ filters: [{ channel: "depth", low: 1, high: null }] });
  selection.selectWhole("all");
  assert.deepEqual([...selection.mask], [0, 1, 1, 1]);
  selection.selectWire(1, "subtract");
  selection.selectWhole("invert");
  assert.deepEqual([...selection.mask], [0, 1, 0, 0]);
  selection.selectWhole("none");
  assert.equal(selection.count, 0);
});

test("growing waits for the pixels, and then grows what is selected by then", async () => {
  const parts = tools();
  const { tools: selection, inspection, attributes, notices, sent } = parts;
  selection.selectWire(3, "replace");
  const growing = selection.grow();
  selection.selectWire(0, "replace");
  const pixels: Record<string, number[]> = {
    view: [0, 0, 0, 0],
    row: [0, 0, 0, 0],
    col: [0, 1, 2, 3],
  };
  for (const { message } of sent.filter(({ message }) => message.kind === "attribute")) {
    const values = pixels[message.name as string];
    inspection.setChannel(message.name as string, Float32Array.from(values));
    answerAttribute({ ...parts, attributes, sent: [{ message, buffers: [] }] }, values);
  }
  await growing;
  assert.deepEqual([...selection.mask], [1, 1, 0, 0]);
  assert.equal((sent[sent.length - 1].message.how as { kind: string }).kind, "grow");
  assert.equal(notices.current.text, "");
});

test("the kernel's selection is taken unless it is of another scene", () => {
  const { tools: selection, inspection } = tools();
  const message = { kind: "selection", view: "a", scene: "one", count: 1, total: 4 } as const;
  const bits = [new DataView(Uint8Array.of(9, 0b0110).buffer, 1)];
  selection.receive(message, bits);
  assert.deepEqual([...selection.mask], [0, 1, 1, 0]);
  assert.equal(inspection.attach(sceneOf("two", 4)), true);
  selection.receive(message, bits);
  assert.deepEqual([...selection.mask], [0, 0, 0, 0]);
});

test("floaters are farther than the threshold as float32 says", async () => {
  const parts = tools();
  const found = parts.tools.floaters(0.1);
  answerAttribute(parts, [0.1, 0.11, 5, Number.NaN]);
  assert.deepEqual([...((await found) ?? [])], [0, 1, 1, 0]);
});

test("until the kernel has a selection that was made here, its own are older", () => {
  const { tools: selection, sent, requests } = tools();
  const message = { kind: "selection", view: "a", scene: "one", count: 1, total: 4 } as const;
  selection.selectWire(0, "replace");
  selection.selectWire(1, "replace");
  const [first, second] = sent.map(({ message }) => message.request as string);
  selection.acknowledge(first);
  selection.receive(message, [new DataView(Uint8Array.of(0b1000).buffer)]);
  assert.deepEqual([...selection.mask], [0, 1, 0, 0]);
  selection.acknowledge(second);
  assert.deepEqual([...requests.unanswered], []);
  selection.receive(message, [new DataView(Uint8Array.of(0b1000).buffer)]);
  assert.deepEqual([...selection.mask], [0, 0, 0, 1]);
});
