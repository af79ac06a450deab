// The view on the screen as the CPU needs it: a pinhole camera for regions, a projector for picking.
import type { PinholeCamera } from "../page/state.gen";
import type { Look } from "./look";
import { Projector } from "./projection";
import type { Scene } from "./scene";
import type { Display } from "./shaders";

/** The view on the screen as a camera whose pixels are CSS pixels. */
export function cameraOf(scene: Scene): PinholeCamera {
  const { camera, width, height } = scene.viewpoint();
  const m = camera.matrixWorld.elements; // three's axes: x right, y up, z backwards
  const row = (i: number) => [m[i], -m[4 + i], -m[8 + i], m[12 + i]];
  return {
    T_world_camera: [...row(0), ...row(1), ...row(2), 0, 0, 0, 1],
    focal_px: 0.5 * height * camera.projectionMatrix.elements[5],
    principal_point_px: [width / 2, height / 2],
    width,
    height,
  };
}

/** Projects the scene's splats as the shader does; undefined without splats. */
export function projectorOf(
  scene: Scene,
  { opacityScale, overrides }: Pick<Look, "opacityScale" | "overrides">,
  pixelRatio: number,
  display: Display,
): Projector | undefined {
  const { mesh, received, settings } = scene;
  if (!mesh) return undefined;
  const { camera, width, height } = scene.viewpoint();
  return new Projector(
    { count: received, ...mesh.values },
    {
      view: camera.matrixWorldInverse.elements,
      projection: camera.projectionMatrix.elements,
      width: Math.floor(width * pixelRatio), // as three sizes the canvas
      height: Math.floor(height * pixelRatio),
    },
    {
      display,
      splatScale: settings.splat_scale,
      opacityScale,
      overrides,
      pointRadius: mesh.pointRadius,
    },
  );
}
