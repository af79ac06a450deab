import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBytes } from "../../src/page/sizes";

/** The same as in `tests/unit/test_sizes.py`. */
const TOLD: [number, string][] = [
  [0, "0 B"],
  [12, "12 B"],
  [999, "999 B"],
  [1000, "1 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1.0 MB"],
  [35_652_000, "35.7 MB"],
  [50_000_000, "50 MB"],
  [2_500_000_000, "2.5 GB"],
  [7_000_000_000_000, "7000 GB"],
];

for (const [bytes, text] of TOLD) {
  test(`${bytes} bytes are ${text}`, () => assert.equal(formatBytes(bytes), text));
}
