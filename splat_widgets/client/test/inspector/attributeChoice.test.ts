import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeChoice } from "../../src/inspector/attributeChoice";
import type { InspectorState } from "../../src/page/state.gen";
import { traitsOf } from "../builders";

const CATALOGUE = [
  { name: "depth", log: false },
  { name: "confidence", log: true },
] as unknown as InspectorState["catalogue"];

function choice(state: Partial<InspectorState>) {
  const { traits } = traitsOf({
    catalogue: CATALOGUE,
    one_attribute: true,
    histogram_attribute: "confidence",
    map_attribute: "confidence",
    ...state,
  });
  const shown = () => [
    traits.get("color_by"),
    traits.get("histogram_attribute"),
    traits.get("map_attribute"),
  ];
  return { choice: new AttributeChoice(traits), traits, shown };
}

test("a choice for the colours is one for the plots, with the attribute's own scale", () => {
  const { choice: made, traits, shown } = choice({ color_range: [0, 1] });
  made.choose("colour", "depth");
  assert.deepEqual(shown(), ["depth", "depth", "depth"]);
  made.choose("map", "confidence");
  assert.deepEqual(shown(), ["confidence", "confidence", "confidence"]);
  assert.deepEqual([traits.get("color_log"), traits.get("histogram_log")], [true, true]);
  assert.deepEqual(traits.get("color_range"), []);
});

test("splats in their own colours keep them, and plots keep their attribute", () => {
  const { choice: made, shown } = choice({});
  made.choose("histogram", "depth");
  assert.deepEqual(shown(), ["", "depth", "depth"]);
  made.choose("colour", "confidence");
  made.choose("colour", "");
  assert.deepEqual(shown(), ["", "confidence", "confidence"]);
});

test("unlinked, each has its own; linked again, the plots show what colours", () => {
  const { choice: made, shown } = choice({ color_by: "depth" });
  made.link(false);
  made.choose("map", "depth");
  assert.deepEqual(shown(), ["depth", "confidence", "depth"]);
  made.link(true);
  assert.deepEqual(shown(), ["depth", "depth", "depth"]);
});
