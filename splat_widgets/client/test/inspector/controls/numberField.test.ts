import assert from "node:assert/strict";
import { test } from "node:test";
import { type Expects, refusal } from "../../../src/inspector/controls/numberField";

const aSize: Expects = (value) => (value === null || value <= 0 ? "a number above 0" : "");

test("what cannot be taken is refused with what was expected and what came", () => {
  assert.equal(
    refusal(" three ", () => ""),
    "Expected a number, got three",
  );
  assert.equal(refusal("-2", aSize), "Expected a number above 0, got -2");
  assert.equal(refusal("", aSize), "Expected a number above 0, got nothing");
});

test("numbers that are allowed are not refused, in any way of writing them", () => {
  for (const text of ["1.5", " 1,500 ", "2e-3", "−1"])
    assert.equal(
      refusal(text, () => ""),
      "",
    );
  assert.equal(
    refusal("", () => ""),
    "",
    "an empty field is no bound",
  );
  assert.equal(refusal("0.1", aSize), "");
});
