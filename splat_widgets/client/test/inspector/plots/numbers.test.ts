import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldText, formatValue, parseField } from "../../../src/inspector/plots/numbers";

test("numbers are short and can be read back", () => {
  assert.equal(formatValue(0.012345), "0.01235");
  assert.equal(formatValue(-1234.56), "−1235");
  assert.equal(formatValue(123456), "123,500");
  assert.equal(formatValue(1.5e-7), "1.5×10⁻⁷");
  assert.equal(formatValue(1e8), "10⁸");
  assert.equal(formatValue(Number.NaN), "NaN");
  assert.equal(parseField("−1,234.5"), -1234.5);
  assert.equal(parseField("  "), null);
  assert.equal(parseField("abc"), undefined);
  assert.equal(parseField(fieldText(Math.fround(0.1))), 0.1);
});
