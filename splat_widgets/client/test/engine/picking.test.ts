// One splat straight ahead has a footprint that can be written down; stacks of them too.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Override } from "../../src/engine/look";
import { stackAt } from "../../src/engine/picking";
import { type Appearance, Projector, type SplatValues } from "../../src/engine/projection";
import { visible } from "../../src/engine/visibility";

const SIZE = 100;
const FOCAL = 100;

type Splat = { at: [number, number, number]; opacity?: number; scales?: [number, number, number] };

/** Splats before a camera at the origin that looks along +z; x right, y down. */
function projector(splats: Splat[], look: Partial<Appearance> = {}, cx = SIZE / 2): Projector {
  const values: SplatValues = {
    count: splats.length,
    centres: Float32Array.from(splats.flatMap(({ at, opacity = 0.5 }) => [...at, opacity])),
    scales: Float32Array.from(splats.flatMap(({ scales = [0.02, 0.02, 0.02] }) => [...scales, 0])),
    quaternions: Float32Array.from(splats.flatMap(() => [0, 0, 0, 1])),
  };
  const p = (2 * FOCAL) / SIZE;
  const from = {
    view: [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1], // to three's axes
    projection: [p, 0, 0, 0, 0, p, 0, 0, 1 - (2 * cx) / SIZE, 0, -1, -1, 0, 0, -0.02, 0],
    width: SIZE,
    height: SIZE,
  };
  return new Projector(values, from, {
    display: "splats",
    splatScale: 1,
    opacityScale: 1,
    overrides: [],
    pointRadius: 1.5,
    ...look,
  });
}

const all = (count: number) => new Uint8Array(count).fill(1);

function near(actual: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}

test("alpha of a round splat straight ahead, at its centre and beside it", () => {
  const splats: Splat[] = [{ at: [0, 0, 2], scales: [0.04, 0.04, 0.04] }];
  const variance = (FOCAL * 0.04) ** 2 / 4 + 0.3; // px²
  const at = (x: number, y: number) => stackAt(projector(splats), 1, all(1), x, y)[0]?.alpha ?? 0;
  near(at(50, 50), 0.5);
  near(at(53, 48), 0.5 * Math.exp(-(9 + 4) / (2 * variance)));
  assert.equal(at(50 + 3.2 * Math.sqrt(variance), 50), 0, "fainter than 1 in 255");
});

test("outside, the slope is held where the picture and its margin end, also off its middle", () => {
  const cx = 20; // so the picture ends at slopes of -0.2 and 0.8
  const splats: Splat[] = [{ at: [-1.4, 0, 2], scales: [0.5, 0.5, 0.5] }]; // at a slope of -0.7
  const slope = -0.2 - 0.3 * 0.5; // the margin is a part of half the field of view
  const wide = ((FOCAL * 0.5) / 2) ** 2 * (1 + slope ** 2) + 0.3;
  const across = 5.5 - (cx - 70); // from the splat's centre to the pixel
  const [found] = stackAt(projector(splats, {}, cx), 1, all(1), 5.5, 50);
  near(found.alpha, 0.5 * Math.exp(-(across ** 2) / (2 * wide)));
});

test("an off-centre splat is projected with the slope of its ray", () => {
  // J = f/z (1, 0, -x/z; 0, 1, -y/z): variance along x is (f s / z)² (1 + (x/z)²) + 0.3.
  const splats: Splat[] = [{ at: [0.8, 0, 2], scales: [0.05, 0.05, 0.05] }];
  const [x, y] = [50 + 40, 50];
  const wide = ((FOCAL * 0.05) / 2) ** 2 * (1 + 0.4 ** 2) + 0.3;
  const alpha = stackAt(projector(splats), 1, all(1), x + 2, y)[0].alpha;
  near(alpha, 0.5 * Math.exp(-4 / (2 * wide)));
});

test("weights are those of blending front to back, and the largest is first", () => {
  const splats: Splat[] = [
    { at: [0, 0, 3], opacity: 0.8 },
    { at: [0, 0, 1], opacity: 0.25 },
    { at: [0, 0, 2], opacity: 0.4 },
    { at: [1.4, 0, 3], opacity: 0.9 },
  ];
  const stack = stackAt(projector(splats), 4, all(4), 50, 50);
  assert.deepEqual(
    stack.map(({ wire }) => wire),
    [0, 2, 1],
  );
  near(stack[2].weight, 0.25);
  near(stack[1].weight, 0.75 * 0.4);
  near(stack[0].weight, 0.75 * 0.6 * 0.8);
});

test("what is hidden, behind the camera or too near takes no part", () => {
  const splats: Splat[] = [
    { at: [0, 0, 1] },
    { at: [0, 0, 2] },
    { at: [0, 0, -1] },
    { at: [0, 0, 0.01] },
  ];
  const shown = Uint8Array.of(0, 1, 1, 1);
  const stack = stackAt(projector(splats), 4, shown, 50, 50);
  assert.deepEqual(stack, [{ wire: 1, alpha: 0.5, weight: 0.5 }]);
});

test("alpha never exceeds 0.99, opacity never 1", () => {
  const stack = stackAt(projector([{ at: [0, 0, 1] }], { opacityScale: 4 }), 1, all(1), 50, 50);
  near(stack[0].alpha, 0.99);
  assert.equal(projector([{ at: [0, 0, 1] }], { opacityScale: 4 }).opacityOf(0), 1);
});

test("what-if overrides change what is picked", () => {
  const splats: Splat[] = [{ at: [0, 0, 2], opacity: 0.2, scales: [0.08, 0.02, 0.01] }];
  const alpha = (look: Partial<Appearance>, x = 52) =>
    stackAt(projector(splats, look), 1, all(1), x, 50)[0]?.alpha ?? 0;
  const falloff = (scale: number) => Math.exp(-4 / (2 * ((FOCAL * scale) ** 2 / 4 + 0.3)));
  const overrides = (...names: Override[]) => ({ overrides: names });
  near(alpha({}), 0.2 * falloff(0.08));
  near(alpha(overrides("opaque")), Math.min(0.99, falloff(0.08)));
  near(alpha({ opacityScale: 2 }), 0.4 * falloff(0.08));
  near(alpha({ splatScale: 3 }), 0.2 * falloff(0.24));
  near(alpha(overrides("isotropic")), 0.2 * falloff(Math.cbrt(0.08 * 0.02 * 0.01)));
  assert.equal(alpha({ display: "ellipsoids" }), 1);
  assert.equal(alpha({ display: "points" }), 0);
  assert.equal(alpha({ display: "points" }, 51), 1);
});

test("a centre is visible while half of its light gets past what is nearer", () => {
  const behind = (opacity: number): Splat[] => [
    { at: [0, 0, 1], opacity },
    { at: [0, 0, 2], opacity: 1 },
    { at: [0, 0, 3], opacity: 1 },
    { at: [0.5, 0, 3] }, // beside them
    { at: [3, 0, 3] }, // outside of the picture
    { at: [0, 0, -3] },
  ];
  const seen = (opacity: number, candidates = all(6), shown = all(6)) => [
    ...visible(projector(behind(opacity)), candidates, shown, SIZE, SIZE),
  ];
  assert.deepEqual(seen(0.49), [1, 1, 0, 1, 0, 0]);
  assert.deepEqual(seen(0.51), [1, 0, 0, 1, 0, 0]);
  assert.deepEqual(seen(0.51, all(6), Uint8Array.of(0, 1, 1, 1, 1, 1)), [1, 1, 0, 1, 0, 0]);
  assert.deepEqual(seen(0.49, Uint8Array.of(0, 1, 0, 0, 0, 0)), [0, 1, 0, 0, 0, 0]);
});
