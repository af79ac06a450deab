import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Requests } from "../../src/page/requests";
import type { ChunksQuestion } from "../../src/page/state.gen";
import { random } from "../random";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

const answer = (question: number, transfer = "a") =>
  ({ kind: "chunks_state", transfer, next: -1, question }) as const;

function requests() {
  const questions: number[] = [];
  const made = new Requests("a", ({ question }) => questions.push(question));
  return { requests: made, questions };
}

for (const loss of [0, 0.5])
  test(`every request is answered, with ${100 * loss} % of the messages lost`, () => {
    const next = random(7);
    const keys = Array.from({ length: 20 }, (_, i) => `request ${i}`);
    const toKernel: (string | ChunksQuestion)[] = [];
    const sent = new Map<string, number>();
    const made = new Requests("a", (message) => toKernel.push(message));
    for (const key of keys)
      made.open(key, () => {
        sent.set(key, (sent.get(key) ?? 0) + 1);
        toKernel.push(key);
      });
    for (let round = 0; round < 200 && keys.some((key) => made.has(key)); round++) {
      for (const message of toKernel.splice(0)) {
        if (next() < loss || next() < loss) continue; // on its way there, or the answer
        if (typeof message === "string") made.close(message);
        else made.receive(answer(message.question));
      }
      mock.timers.tick(31_000);
    }
    assert.deepEqual(
      keys.filter((key) => made.has(key)),
      [],
    );
    if (!loss) assert.deepEqual([...sent.values()], Array(20).fill(1));
    toKernel.length = 0;
    mock.timers.tick(100_000);
    assert.deepEqual(toKernel, [], "when all is answered, nothing more is asked");
  });

test("a busy kernel is only asked; it gets a request again once, after its latest answer", () => {
  const { requests: made, questions } = requests();
  let sent = 0;
  made.open("x", () => sent++);
  for (let second = 0; second < 600; second++) mock.timers.tick(1_000);
  assert.ok(questions.length > 5 && questions.length < 30);
  assert.equal(made.isWaiting, true);
  for (const question of questions) made.receive(answer(question));
  made.receive(answer(questions.length, "another"));
  assert.equal(sent, 2);
});

test("what the kernel sends by itself is asked for when it does not come", () => {
  const { requests: made, questions } = requests();
  let sent = 0;
  made.expect("x", () => sent++);
  assert.equal(sent, 0);
  mock.timers.tick(4_000);
  made.receive(answer(questions[0]));
  assert.equal(sent, 1);
  made.closeAll();
  mock.timers.tick(100_000);
  assert.equal(questions.length, 1);
});
