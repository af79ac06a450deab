import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnyModel } from "@anywidget/types";
import { Saver } from "../../src/page/sync";

test("many changes become few messages, and the last one is sent", async () => {
  const sent: (number | undefined)[] = [];
  const model = { set: () => {} } as unknown as AnyModel<{ x: number }>;
  const saver = new Saver(model, (values) => sent.push(values.x), 20);
  for (let i = 1; i <= 100; i++) saver.set("x", i);
  await new Promise((done) => setTimeout(done, 5));
  for (let i = 101; i <= 200; i++) saver.set("x", i);
  saver.dispose();
  assert.ok(sent.length <= 3, `expected at most 3 messages, got ${sent.length}`);
  assert.equal(sent.at(-1), 200);
});
