import assert from "node:assert/strict";
import { test } from "node:test";
import { colormap } from "../../src/engine/colormaps";
import { MARK_COLOUR } from "../../src/engine/shaders";
import { COLORMAPS } from "../../src/page/state.gen";

for (const name of COLORMAPS)
  test(`marks are in a colour apart from those of ${name}`, () => {
    const map = colormap(name);
    for (let i = 0; i < 256; i++) {
      const gap = Math.hypot(...MARK_COLOUR.map((value, k) => value - map[4 * i + k] / 255));
      assert.ok(gap > 0.4, `colour ${i} is ${gap.toFixed(2)} away`);
    }
  });
