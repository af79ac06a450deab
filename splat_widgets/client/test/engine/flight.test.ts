import assert from "node:assert/strict";
import { test } from "node:test";
import { Vector3 } from "three";
import { between } from "../../src/engine/flight";
import type { CameraState } from "../../src/page/state.gen";

const HOME: CameraState = { position: [0, 0, 0], target: [0, 0, 3], up: [0, -1, 0], fov_deg: 50 };
const AWAY: CameraState = { position: [2, 1, 0], target: [2, 1, -6], up: [0, -1, 0], fov_deg: 30 };

const forward = ({ position, target }: CameraState) =>
  new Vector3().fromArray(target).sub(new Vector3().fromArray(position));

test("the ends are exactly the given views", () => {
  assert.equal(between(HOME, AWAY, 0), HOME);
  assert.equal(between(HOME, AWAY, 1), AWAY);
});

test("it turns evenly, also by half a turn, and never looks at its own place", () => {
  const steps = Array.from({ length: 21 }, (_, i) => between(HOME, AWAY, i / 20));
  for (let i = 1; i < steps.length; i++) {
    const turn = forward(steps[i]).angleTo(forward(steps[i - 1]));
    assert.ok(Math.abs(turn - Math.PI / 20) < 1e-4, `${i}: ${turn}`);
    const length = forward(steps[i]).length();
    assert.ok(length > forward(steps[i - 1]).length() && length <= 6 + 1e-9);
    const up = new Vector3().fromArray(steps[i].up);
    assert.ok(Math.abs(up.dot(forward(steps[i]).normalize())) < 1e-3);
  }
});

test("the middle lies halfway", () => {
  const middle = between(HOME, AWAY, 0.5);
  assert.deepEqual(middle.position, [1, 0.5, 0]);
  assert.ok(middle.fov_deg > 30 && middle.fov_deg < 50);
});
