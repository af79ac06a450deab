import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeStore, Superseded } from "../../src/inspector/attributeStore";
import { floats } from "../builders";

type Answer = Parameters<AttributeStore["receive"]>[0];

const answer = (request: string, part: Partial<Answer>): Answer => ({
  kind: "attribute",
  view: "a",
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

function attributeStore() {
  const asked: string[] = [];
  const settled: string[] = [];
  const store = new AttributeStore(
    { count: 3 },
    {
      ask: (request) => asked.push(request),
      settled: (request) => settled.push(request),
      changed: () => {},
      failed: () => {},
    },
  );
  return { asked, settled, store };
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

test("an attribute that was sent again, because a part got lost, is put together once", async () => {
  const { asked, settled, store } = attributeStore();
  const waiting = store.load("a");
  const parts = [
    () => store.receive(answer(asked[0], { first: 0, count: 2 }), [floats(1, 2)]),
    () => store.receive(answer(asked[0], { first: 2, count: 1 }), [floats(3)]),
  ];
  parts[0](); // the other is lost
  parts[0]();
  assert.deepEqual([store.get("a"), settled], [undefined, []]);
  parts[1]();
  assert.deepEqual([...(await waiting).values], [1, 2, 3]);
  assert.deepEqual(settled, asked);
});
