// Times a frame that is blended in floating point against one in 8 bits. `blending.py` builds and drives it.
import { Scene } from "../../../splat_widgets/client/src/engine/scene";
import type { CameraState } from "../../../splat_widgets/client/src/page/state.gen";
import { type Splats, wall, wire } from "./wall";

const WIDTH = 640;
const HEIGHT = 480;
const FOCAL = 500;
const FLOATS = ["EXT_color_buffer_float", "EXT_color_buffer_half_float", "EXT_float_blend"];

const look = (turn: number): CameraState => ({
  position: [0.3 * Math.sin(turn), 0, 0],
  target: [0.3 * Math.sin(turn), 0, 2],
  up: [0, -1, 0],
  fov_deg: (2 * Math.atan(HEIGHT / 2 / FOCAL) * 180) / Math.PI,
});

function sceneOf(splats: Splats): Scene {
  const canvas = document.createElement("canvas");
  document.body.append(canvas);
  const scene = new Scene(canvas);
  const { header, bytes } = wire(splats, look(0));
  scene.setSize(WIDTH, HEIGHT, 1);
  scene.begin(header);
  scene.setCamera(look(0));
  scene.add(0, splats.count, bytes);
  return scene;
}

// The scene that a browser without floating-point targets gets.
function inBytes(splats: Splats): Scene {
  const { prototype } = WebGL2RenderingContext;
  const get = prototype.getExtension;
  prototype.getExtension = function (this: WebGL2RenderingContext, name: string) {
    return FLOATS.includes(name) ? null : get.call(this, name);
  } as typeof get;
  try {
    return sceneOf(splats);
  } finally {
    prototype.getExtension = get;
  }
}

// The camera has moved since the last frame; a read of one pixel waits for the GPU.
function time(scene: Scene, turn: number): number {
  const context = scene.renderer.getContext();
  scene.setCamera(look(turn));
  const start = performance.now();
  scene.draw();
  context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
  return performance.now() - start;
}

/** Milliseconds per frame, by turns: bits of the better one, and all its and the 8 bits' times. */
export function measure(count: number, repeats: number) {
  const splats = wall(count);
  const scenes = [sceneOf(splats), inBytes(splats)];
  const times: number[][] = [[], []];
  for (let turn = 0; turn <= repeats; turn++) {
    const order = turn % 2 ? [0, 1] : [1, 0];
    for (const k of order) {
      const ms = time(scenes[k], 0.1 * turn);
      if (turn > 0) times[k].push(ms); // the first frames compile and upload
    }
  }
  const bits = scenes.map((scene) => scene.blendBits);
  for (const scene of scenes) scene.dispose();
  return { bits, times };
}
