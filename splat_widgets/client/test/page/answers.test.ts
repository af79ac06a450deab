import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Answers } from "../../src/page/answers";

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
afterEach(() => mock.timers.reset());

function asked() {
  const sent: number[] = [];
  const said: boolean[] = [];
  const answers: Answers = new Answers(
    "mine",
    ({ question }) => sent.push(question),
    () => said.push(answers.isWaiting),
  );
  return { answers, sent, said };
}

test("a kernel that answers soon is not waited for", () => {
  const { answers, sent, said } = asked();
  answers.expect();
  assert.ok(answers.receive({ transfer: "mine", question: sent[0] }));
  mock.timers.tick(60_000);
  assert.deepEqual(said, []);
});

test("a busy one is said within a second, until it has read the latest message", () => {
  const { answers, sent, said } = asked();
  answers.expect();
  mock.timers.tick(1_000);
  assert.deepEqual(said, [true]);
  answers.expect();
  answers.receive({ transfer: "mine", question: sent[0] });
  assert.ok(answers.isWaiting);
  assert.ok(!answers.receive({ transfer: "a file", question: sent[1] }));
  answers.receive({ transfer: "mine", question: sent[1] });
  assert.deepEqual(said, [true, false]);
});

test("a kernel that is gone is not waited for", () => {
  const { answers, said } = asked();
  answers.expect();
  answers.stop();
  mock.timers.tick(60_000);
  assert.deepEqual(said, []);
});
