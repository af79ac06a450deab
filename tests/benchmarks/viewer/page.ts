// Times renderers of 3D Gaussians on the same synthetic scene. `run.py` builds and drives it.
import * as Mkkellogg from "@mkkellogg/gaussian-splats-3d";
import { PerspectiveCamera, Vector3, WebGLRenderer } from "three";
import type { CameraState } from "../../../splat_widgets/client/src/page/state.gen";
import { Scene } from "../../../splat_widgets/client/src/engine/scene";
import { SparkScene } from "../../../splat_widgets/client/test/oracle/spark";
import { type Splats, wall, wire } from "./wall";

const WIDTH = 640;
const HEIGHT = 480;
const FOCAL = 500;

type Timed = { frame(turn: number): Promise<{ frame: number; sort: number }>; dispose(): void };
type Renderer = (canvas: HTMLCanvasElement, splats: Splats) => Promise<Timed>;

const eye = (turn: number): [number, number, number] => [0.3 * Math.sin(turn), 0, 0];

// A read of one pixel waits for the GPU: without it only the issuing of commands is timed.
function wait(context: WebGLRenderingContext | WebGL2RenderingContext): void {
  context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
}

async function ours(canvas: HTMLCanvasElement, splats: Splats): Promise<Timed> {
  const scene = new Scene(canvas);
  const look = (turn: number): CameraState => ({
    position: eye(turn),
    target: [eye(turn)[0], 0, 2],
    up: [0, -1, 0],
    fov_deg: (2 * Math.atan(HEIGHT / 2 / FOCAL) * 180) / Math.PI,
  });
  const { header, bytes } = wire(splats, look(0));
  scene.setSize(WIDTH, HEIGHT, 1);
  scene.begin(header);
  scene.setCamera(look(0));
  scene.add(0, splats.count, bytes);
  const context = scene.renderer.getContext();
  const draw = () => {
    scene.draw();
    wait(context);
  };
  draw();
  return {
    async frame(turn) {
      scene.setCamera(look(turn));
      const start = performance.now();
      draw();
      return { frame: performance.now() - start, sort: scene.sortMs };
    },
    dispose: () => scene.dispose(),
  };
}

const spark =
  (batched: boolean): Renderer =>
  async (canvas, splats) => {
    const source = { ...splats, sh: new Float32Array(0), degree: 0 };
    const scene = new SparkScene(canvas, source, { batched });
    const camera = (turn: number) => ({
      T_world_camera: [1, 0, 0, eye(turn)[0], 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
      focal_px: FOCAL,
      principal_point_px: [WIDTH / 2, HEIGHT / 2] as [number, number],
      width: WIDTH,
      height: HEIGHT,
    });
    const context = scene.renderer.getContext();
    await scene.draw(camera(0));
    wait(context);
    return {
      async frame(turn) {
        scene.place(camera(turn));
        const start = performance.now();
        scene.frame();
        wait(context);
        const frame = performance.now() - start;
        await scene.sorted();
        return { frame, sort: performance.now() - start - frame };
      },
      dispose: () => scene.dispose(),
    };
  };

async function mkkellogg(canvas: HTMLCanvasElement, splats: Splats): Promise<Timed> {
  const renderer = new WebGLRenderer({ canvas, antialias: false });
  renderer.setSize(WIDTH, HEIGHT, false);
  const camera = new PerspectiveCamera(
    (2 * Math.atan(HEIGHT / 2 / FOCAL) * 180) / Math.PI,
    WIDTH / HEIGHT,
    0.01,
    1000,
  );
  camera.up.set(0, -1, 0);
  const look = (turn: number) => {
    camera.position.fromArray(eye(turn));
    camera.lookAt(new Vector3(eye(turn)[0], 0, 2));
    camera.updateMatrixWorld();
  };
  look(0);
  const viewer = new Mkkellogg.Viewer({
    renderer,
    camera,
    rootElement: canvas.parentElement,
    selfDrivenMode: false,
    useBuiltInControls: false,
    sharedMemoryForWorkers: false,
    gpuAcceleratedSort: false,
    sphericalHarmonicsDegree: 0,
    sceneRevealMode: Mkkellogg.SceneRevealMode.Instant,
    logLevel: Mkkellogg.LogLevel.None,
  });
  const buffer = await Mkkellogg.PlyLoader.loadFromFileData(plyOf(splats), 1, 0, false, 0);
  await viewer.addSplatBuffers([buffer], [{}], true, false, false);
  const context = renderer.getContext();
  const sorted = async () => {
    while (viewer.sortRunning || !viewer.splatRenderReady)
      await new Promise((resume) => setTimeout(resume, 2));
  };
  const draw = () => {
    viewer.update();
    viewer.render();
    wait(context);
  };
  await sorted();
  draw();
  await sorted();
  draw();
  return {
    async frame(turn) {
      look(turn);
      const start = performance.now();
      draw();
      const frame = performance.now() - start;
      await sorted();
      return { frame, sort: performance.now() - start - frame };
    },
    dispose: () => {
      void viewer.dispose().catch(() => {});
      renderer.dispose();
      renderer.forceContextLoss();
    },
  };
}

function plyOf(s: Splats): ArrayBuffer {
  const names = ["x", "y", "z", "f_dc_0", "f_dc_1", "f_dc_2", "opacity"].concat([
    "scale_0",
    "scale_1",
    "scale_2",
    "rot_0",
    "rot_1",
    "rot_2",
    "rot_3",
  ]);
  const head = new TextEncoder().encode(
    `ply\nformat binary_little_endian 1.0\nelement vertex ${s.count}\n${names
      .map((name) => `property float ${name}\n`)
      .join("")}end_header\n`,
  );
  const rows = new Float32Array(names.length * s.count);
  for (let i = 0; i < s.count; i++) {
    const alpha = Math.min(0.9999, s.opacities[i]);
    rows.set(
      [
        ...s.means.subarray(3 * i, 3 * i + 3),
        ...[0, 1, 2].map((k) => (s.rgb[3 * i + k] - 0.5) / 0.28209479177387814),
        Math.log(alpha / (1 - alpha)),
        ...[0, 1, 2].map((k) => Math.log(s.scales[3 * i + k])),
        ...s.quaternions.subarray(4 * i, 4 * i + 4),
      ],
      names.length * i,
    );
  }
  const bytes = new Uint8Array(head.length + rows.byteLength);
  bytes.set(head);
  bytes.set(new Uint8Array(rows.buffer), head.length);
  return bytes.buffer;
}

const RENDERERS: Record<string, Renderer> = {
  ours,
  "spark, batched": spark(true),
  "spark, as shipped": spark(false),
  mkkellogg,
};

/** Milliseconds for one renderer and one number of splats. */
export async function measure(name: string, count: number, repeats: number) {
  const splats = wall(count);
  const holder = document.createElement("div");
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  holder.append(canvas);
  document.body.replaceChildren(holder);
  const start = performance.now();
  const made = await RENDERERS[name](canvas, splats);
  const first = performance.now() - start;
  const runs: { frame: number; sort: number }[] = [];
  for (let i = 1; i <= repeats; i++) runs.push(await made.frame(0.1 * i));
  made.dispose();
  return {
    first,
    frame: Math.min(...runs.map(({ frame }) => frame)),
    sort: Math.min(...runs.map(({ sort }) => sort)),
  };
}

/** What draws: the GL backend by its own name. */
export function backend(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  return gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "no WebGL 2";
}
