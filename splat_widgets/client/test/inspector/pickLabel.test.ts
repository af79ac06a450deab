import assert from "node:assert/strict";
import { test } from "node:test";
import { pickText } from "../../src/inspector/pickLabel";
import type { AttributeItem, PickedAnswer } from "../../src/page/state.gen";
import { traitsOf } from "../builders";

const DEPTH = { name: "depth", label: "Depth", unit: "m" } as AttributeItem;
const picked = { index: 12345, wire: 2, values: { depth: 2.34567 } } as unknown as PickedAnswer;

function text(color_by: string, answer = picked, histogram_attribute = ""): string {
  const { traits } = traitsOf({ color_by, histogram_attribute, catalogue: [DEPTH] });
  return pickText({
    traits,
    picker: { picked: answer } as Parameters<typeof pickText>[0]["picker"],
  });
}

test("the label tells the index and the value of the attribute that colours the splats", () => {
  assert.equal(text("depth"), "#12,345 · Depth 2.346 m");
  assert.equal(text("", picked, "depth"), "#12,345 · Depth 2.346 m", "or of the histogram's");
  assert.equal(text(""), "#12,345");
  assert.equal(text("no_more"), "#12,345");
  const unknown = { ...picked, values: { depth: null } } as PickedAnswer;
  assert.equal(text("depth", unknown), "#12,345 · Depth NaN m");
});

test("nothing picked, nothing said", () => {
  const { traits } = traitsOf({ color_by: "depth", catalogue: [DEPTH] });
  const nothing = { picked: undefined } as Parameters<typeof pickText>[0]["picker"];
  assert.equal(pickText({ traits, picker: nothing }), "");
});
