import assert from "node:assert/strict";
import { test } from "node:test";
import { PerspectiveCamera, Vector3 } from "three";
import { fit, orbit, pan, zoom } from "../../src/engine/controls";
import { applyPinhole, applyState, stateOf, verticalFovDeg } from "../../src/page/frames";
import type { CameraState, PinholeCamera } from "../../src/page/state.gen";

const HOME: CameraState = { position: [0, 0, 0], target: [0, 0, 3], up: [0, -1, 0], fov_deg: 50 };

const distance = (s: CameraState) =>
  Math.hypot(...s.position.map((value, i) => value - s.target[i]));
const close = (a: readonly number[], b: readonly number[], gap = 1e-9) =>
  a.every((value, i) => Math.abs(value - b[i]) <= gap);

test("turning keeps the target and the distance", () => {
  let state = HOME;
  for (let i = 0; i < 50; i++) state = orbit(state, 0.3, 0.2 * Math.sin(i));
  assert.ok(close(state.target, HOME.target));
  assert.ok(Math.abs(distance(state) - 3) < 1e-9);
});

test("turning right and left again ends where it began", () => {
  assert.ok(close(orbit(orbit(HOME, 0.7, 0.2), -0.7, -0.2).position, HOME.position, 0.2));
  assert.ok(close(orbit(orbit(HOME, 0.7, 0), -0.7, 0).position, HOME.position));
});

test("never over the pole", () => {
  const state = orbit(HOME, 0, 100);
  const arm = state.position.map((value, i) => value - state.target[i]);
  assert.ok(Math.hypot(arm[0], arm[2]) > 0.01);
});

test("moving shifts camera and target alike, to the picture's right and up", () => {
  const right = pan(HOME, 0.5, 0);
  assert.ok(right.position[0] > 0 && close([right.position[1], right.position[2]], [0, 0]));
  assert.ok(pan(HOME, 0, 0.5).position[1] < 0, "up is -y");
  assert.ok(Math.abs(distance(right) - 3) < 1e-9);
});

test("zooming scales the distance", () => {
  assert.ok(Math.abs(distance(zoom(HOME, 0.5)) - 1.5) < 1e-9);
});

test("a fitted ball is in the picture, whatever its shape", () => {
  const bounds = { center: [4, 5, 6] as [number, number, number], radius: 2 };
  for (const aspect of [0.5, 1, 2]) {
    const camera = new PerspectiveCamera();
    applyState(camera, fit(orbit(HOME, 1, 0.3), bounds), aspect);
    for (const offset of [
      [1.9, 0, 0],
      [-1.9, 0, 0],
      [0, 1.9, 0],
      [0, -1.9, 0],
      [0, 0, 1.9],
    ]) {
      const p = new Vector3().fromArray(bounds.center).add(new Vector3().fromArray(offset));
      p.project(camera);
      assert.ok(Math.abs(p.x) <= 1 && Math.abs(p.y) <= 1, `${aspect} ${offset}`);
    }
  }
});

test("the field of view spans the shorter side", () => {
  assert.equal(verticalFovDeg(50, 2), 50);
  const half = Math.tan((verticalFovDeg(50, 0.5) * Math.PI) / 360) * 0.5;
  assert.ok(Math.abs(half - Math.tan((25 * Math.PI) / 180)) < 1e-12);
});

test("a pinhole camera projects as its intrinsics say: x right, y down", () => {
  const pinhole: PinholeCamera = {
    T_world_camera: [0, 0, 1, 1, 0, 1, 0, 2, -1, 0, 0, 3, 0, 0, 0, 1], // looks along +x
    focal_px: 80,
    principal_point_px: [30, 26],
    width: 64,
    height: 48,
  };
  const camera = new PerspectiveCamera();
  applyPinhole(camera, pinhole);
  // 4 ahead, 0.5 to the right (-z), 0.25 down (+y)
  const p = new Vector3(5, 2.25, 2.5).project(camera);
  assert.ok(Math.abs(((p.x + 1) / 2) * 64 - (30 + (80 * 0.5) / 4)) < 1e-6);
  assert.ok(Math.abs(((1 - p.y) / 2) * 48 - (26 + (80 * 0.25) / 4)) < 1e-6);
});

test("the orbit state of a centred camera shows the same picture", () => {
  const pinhole: PinholeCamera = {
    T_world_camera: [0, 0, 1, 1, 0, 1, 0, 2, -1, 0, 0, 3, 0, 0, 0, 1],
    focal_px: 80,
    principal_point_px: [32, 24],
    width: 64,
    height: 48,
  };
  const [a, b] = [new PerspectiveCamera(), new PerspectiveCamera()];
  applyPinhole(a, pinhole);
  applyState(b, stateOf(pinhole, 2), 64 / 48);
  for (const point of [
    [5, 2.25, 2.5],
    [9, 1, 3],
    [3, 2, 3.5],
  ]) {
    const [p, q] = [a, b].map((camera) => new Vector3().fromArray(point).project(camera));
    assert.ok(Math.hypot(p.x - q.x, p.y - q.y) < 1e-6);
  }
});
