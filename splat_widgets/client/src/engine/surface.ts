// The point of the scene's surface under a pixel.
import { Vector3 } from "three";
import type { Vec3 } from "../page/wire";
import { AS_PREDICTED } from "./look";
import { stackAt } from "./picking";
import type { Scene } from "./scene";
import { projectorOf } from "./viewpoint";

/** The splat that covers most of a point, CSS px; undefined where there is none. */
export function wireAt(scene: Scene, x: number, y: number): number | undefined {
  const { pixelRatio } = scene.viewpoint();
  const projector = projectorOf(scene, AS_PREDICTED, pixelRatio, scene.settings.display);
  const middle = (value: number) => Math.floor(value * pixelRatio) + 0.5;
  const shown = new Uint8Array(scene.received).fill(1);
  return projector && stackAt(projector, scene.received, shown, middle(x), middle(y))[0]?.wire;
}

/** Where the ray through a point of the picture, CSS px, has the depth of a splat. */
export function pointAt(scene: Scene, wire: number, x: number, y: number): Vec3 | undefined {
  const centres = scene.mesh?.values.centres;
  if (!centres) return undefined;
  const { camera, width, height } = scene.viewpoint();
  const ahead = camera.getWorldDirection(new Vector3());
  const eye = camera.position;
  const ray = new Vector3((2 * x) / width - 1, 1 - (2 * y) / height, 0.5).unproject(camera);
  ray.sub(eye);
  ray.divideScalar(ray.dot(ahead));
  const depth = new Vector3()
    .fromArray(centres, 4 * wire)
    .sub(eye)
    .dot(ahead);
  return ray.multiplyScalar(depth).add(eye).toArray() as Vec3;
}

/** Where a point of the world is drawn, CSS px of a picture of the shown view; undefined behind the camera. */
export function placeOf(
  scene: Scene,
  point: Vec3,
  width = scene.viewpoint().width,
  height = scene.viewpoint().height,
): [number, number] | undefined {
  const { camera } = scene.viewpoint(width / height);
  const seen = new Vector3().fromArray(point).applyMatrix4(camera.matrixWorldInverse);
  if (seen.z > -camera.near) return undefined;
  seen.applyMatrix4(camera.projectionMatrix);
  return [((seen.x + 1) / 2) * width, ((1 - seen.y) / 2) * height];
}
