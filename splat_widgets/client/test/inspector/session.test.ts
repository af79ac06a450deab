import assert from "node:assert/strict";
import { test } from "node:test";
import { Session } from "../../src/inspector/session";
import type { Panel } from "../../src/viewer/panel";
import { floats, requestsOf, sceneOf, traitsOf } from "../builders";

function session(state = {}) {
  const { traits, numListeners } = traitsOf(state);
  const requests = requestsOf();
  const counted: string[] = [];
  const panel = {
    onScene: () => {},
    setCounted: (words: string[]) => counted.splice(0, counted.length, ...words),
  } as unknown as Panel;
  const sent: Record<string, unknown>[] = [];
  const made = new Session(traits, panel, (message) => sent.push({ ...message }), requests);
  panel.onScene(sceneOf("one", 4));
  return { session: made, traits, panel, sent, requests, numListeners, counted };
}

const selection = { kind: "selection" as const, view: "a", scene: "one", count: 1, total: 4 };
const bits = (byte: number) => [new DataView(Uint8Array.of(byte).buffer)];

test("each message reaches its part", () => {
  const { session: made, sent } = session({ color_by: "depth" });
  assert.deepEqual(
    sent.map(({ kind, name }) => [kind, name]),
    [["attribute", "depth"]],
  );
  const { request } = sent[0] as { request: string };
  const ranges = { limits: [0, 9] as [number, number], limits_log: [1, 9] as [number, number] };
  const part = { first: 0, count: 4, total: 4, ...ranges, pending: false, problem: "" };
  made.handlers.attribute({ kind: "attribute", view: "a", request, name: "depth", ...part }, [
    floats(1, 2, 3, 4),
  ]);
  assert.equal(made.colouring.colour()?.high, 9);
  made.handlers.selection(selection, bits(0b0101));
  assert.deepEqual([...made.selection.mask], [1, 0, 1, 0]);
  made.handlers.stale({ kind: "stale", names: ["depth", "other"] }, []);
  assert.deepEqual(
    sent.slice(1).map(({ name }) => name),
    ["depth"],
    "what was known is requested again",
  );
  let script = "";
  made.changes.on("script", (text) => {
    script = text;
  });
  made.handlers.script({ kind: "script", view: "a", text: "inspector.select()" }, []);
  assert.equal(script, "inspector.select()");
});

test("another scene forgets the old one's splats; the same on a new canvas keeps them", () => {
  const { session: made, panel, requests } = session();
  made.handlers.selection(selection, bits(0b0101));
  made.picker.hover(2);
  panel.onScene(sceneOf("one", 4));
  assert.deepEqual([made.selection.count, made.picker.hovered], [2, 2]);
  made.attributes.request("depth");
  made.picker.pickWire(1);
  made.selection.selectWire(1, "add");
  made.photos.request();
  assert.equal(requests.unanswered.size, 4);
  panel.onScene(sceneOf("two", 3));
  assert.equal(requests.unanswered.size, 0);
  assert.deepEqual([made.selection.count, made.picker.hovered], [0, -1]);
  assert.deepEqual([...made.selection.mask], [0, 0, 0]);
});

test("what filters show and what is selected is counted under the picture", () => {
  const { session: made, traits, counted } = session();
  assert.deepEqual(counted, [], "all are shown and none is selected");
  made.handlers.selection(selection, bits(0b0101));
  assert.deepEqual(counted, ["2 selected"]);
  made.inspection.setChannel("depth", Float32Array.of(1, 2, 3, 4));
  traits.set("filters", { depth: [2, null] });
  assert.deepEqual(counted, ["3 shown", "2 selected"]);
  made.selection.selectWhole("none");
  assert.deepEqual(counted, ["3 shown"]);
});

test("what the page said goes when something else has been done", () => {
  const { session: made, traits } = session();
  const fail = () => made.notices.fail(new Error("no such attribute"));
  const said = () => made.notices.current.text;
  fail();
  assert.equal(said(), "no such attribute");
  made.changes.emit("shown", undefined);
  assert.equal(said(), "no such attribute", "nothing was done");
  made.selection.selectWhole("all");
  assert.equal(said(), "");
  fail();
  traits.set("color_by", "depth");
  assert.equal(said(), "");
});

test("a disposed session listens to nothing", () => {
  const { session: made, panel, numListeners, sent, traits } = session();
  assert.ok(numListeners() > 10);
  made.dispose();
  assert.equal(numListeners(), 0);
  panel.onScene(sceneOf("two", 3));
  traits.set("color_by", "depth");
  assert.deepEqual(sent, []);
});
