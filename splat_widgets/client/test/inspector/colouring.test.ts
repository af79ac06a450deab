import assert from "node:assert/strict";
import { test } from "node:test";
import { Colouring } from "../../src/inspector/colouring";
import type { AttributeItem } from "../../src/page/state.gen";
import { answerAttribute, inspected } from "../builders";

const DEPTH = { name: "depth", colormap: "magma" } as AttributeItem;

function colouring(state = {}) {
  const parts = inspected({ catalogue: [DEPTH], ...state });
  const { traits, inspection, attributes, changes } = parts;
  return { ...parts, colouring: new Colouring(traits, inspection, attributes, changes) };
}

test("the scale is the attribute's own until a range or a colormap is chosen", () => {
  const parts = colouring({ color_by: "depth" });
  assert.equal(parts.colouring.colour(), undefined, "its values have not come");
  answerAttribute(parts, [1, 2, 3, 4]);
  assert.deepEqual(parts.colouring.colour(), { low: 0, high: 10, log: false, map: "magma" });
  parts.traits.set("color_log", true);
  assert.deepEqual(parts.colouring.limits(), [1, 10]);
  parts.traits.set("color_range", [2, 3]);
  parts.traits.set("colormap", "gray");
  assert.deepEqual(parts.colouring.colour(), { low: 2, high: 3, log: true, map: "gray" });
});

test("what filters and overrides need is requested, each once", () => {
  const { traits, sent } = colouring();
  traits.set("filters", { depth: [1, null] });
  traits.set("overrides", ["photo_colour"]);
  assert.deepEqual(
    sent.map(({ message }) => message.name),
    ["depth", "residual_red", "residual_green", "residual_blue"],
  );
});

test("filters and isolation change how many are shown", () => {
  const parts = colouring({ filters: { depth: [2, 3] } });
  assert.equal(parts.colouring.shownCount, 4, "a filter waits for its values");
  parts.colouring.addChannel("depth", Float32Array.of(1, 2, 3, Number.NaN));
  assert.equal(parts.colouring.shownCount, 2);
  parts.inspection.setSelection(Uint8Array.of(1, 1, 0, 0));
  parts.traits.set("isolate", true);
  assert.equal(parts.colouring.shownCount, 1);
  parts.inspection.setSelection(Uint8Array.of(1, 0, 0, 0));
  parts.changes.emit("selection", undefined);
  assert.equal(parts.colouring.shownCount, 0);
});
