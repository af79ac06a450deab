// Times the inspector's engine on a synthetic scene. `run.py` builds and drives it.
import { colormap } from "../../../splat_widgets/client/src/engine/colormaps";
import { type InspectedLook, Inspection } from "../../../splat_widgets/client/src/engine/inspection";
import { countOf, packBits } from "../../../splat_widgets/client/src/engine/mask";
import type { CameraState } from "../../../splat_widgets/client/src/page/state.gen";
import { Scene } from "../../../splat_widgets/client/src/engine/scene";
import { type Splats, wall, wire } from "../viewer/wall";

const WIDTH = 640;
const HEIGHT = 480;
const FOCAL = 500;
const UPLOADS = [
  "texImage2D",
  "texImage3D",
  "texSubImage2D",
  "texSubImage3D",
  "bufferData",
  "bufferSubData",
  "compileShader",
  "linkProgram",
] as const;
const PICKS = 20;
const STROKE_MOVES = 40;

type Figures = Record<string, number>;

const look = (turn: number): CameraState => ({
  position: [0.3 * Math.sin(turn), 0, 0],
  target: [0.3 * Math.sin(turn), 0, 2],
  up: [0, -1, 0],
  fov_deg: (2 * Math.atan(HEIGHT / 2 / FOCAL) * 180) / Math.PI,
});

// Attributes as the kernel would send them; the wall as one photo, pixel by pixel.
function channels({ count, means, opacities }: Splats): Record<string, Float32Array> {
  const columns = Math.ceil(Math.sqrt(count));
  const of = (value: (i: number) => number) => Float32Array.from({ length: count }, (_, i) => value(i));
  return {
    opacity: opacities,
    depth: of((i) => means[3 * i + 2]),
    view: new Float32Array(count),
    row: of((i) => Math.floor(i / columns)),
    col: of((i) => i % columns),
    offset_x: new Float32Array(count).fill(1),
    offset_y: new Float32Array(count),
    offset_z: new Float32Array(count),
    offset_length: new Float32Array(count).fill(0.01),
  };
}

const AS_PREDICTED = { colour: null, filters: [], opacityScale: 1, overrides: [] };

function settings(): Record<string, Partial<InspectedLook>> {
  const map = colormap("viridis");
  const colour = { channel: "depth", map, low: 1.6, high: 2.4, log: false };
  return {
    "colour by": { colour },
    "logarithmic colours": { colour: { ...colour, log: true } },
    filter: { filters: [{ channel: "opacity", low: 0.32, high: null }] },
    "opacity times": { opacityScale: 0.9 },
    isotropic: { overrides: ["isotropic"] },
    "opacity 1": { overrides: ["opaque"] },
    "no offset": { overrides: ["no_offset"] },
  };
}

/**
 * Milliseconds and counts at one number of splats; frames and settings are the best of repeats.
 *
 * Each setting is changed from the scene as predicted and back; in between the camera moves, since
 * some pictures take longer to draw whatever led to them.
 */
export function measure(count: number, repeats: number): Figures {
  const splats = wall(count);
  const canvas = document.createElement("canvas");
  document.body.replaceChildren(canvas);
  const scene = new Scene(canvas);
  const inspection = new Inspection();
  const { header, bytes } = wire(splats, look(0));
  scene.setSize(WIDTH, HEIGHT, 1);
  scene.begin(header);
  inspection.attach(scene);
  scene.setCamera(look(0));
  scene.add(0, count, bytes);
  const context = scene.renderer.getContext() as WebGL2RenderingContext;
  const frame = () => {
    scene.draw();
    // A read of one pixel waits for the GPU.
    context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
  };
  const figures: Figures = {};
  const time = (name: string, action: () => void) => {
    const start = performance.now();
    action();
    const ms = performance.now() - start;
    figures[name] = Math.min(figures[name] ?? Number.POSITIVE_INFINITY, ms);
  };
  frame();
  for (const [name, values] of Object.entries(channels(splats))) inspection.setChannel(name, values);
  time("first frame with 9 attributes", frame);
  inspection.setLook({ colour: settings()["colour by"].colour ?? null });
  inspection.setLook(AS_PREDICTED);
  frame(); // the colormap's 256 colours are on the GPU from here on

  const uploads = countUploads(context);
  for (let i = 1; i <= repeats; i++) {
    const move = (name: string, turn: number) =>
      time(name, () => {
        scene.setCamera(look(turn));
        frame();
      });
    move("camera move", 0.1 * i);
    const change = (name: string, to: Partial<InspectedLook>) => {
      uploads.calls = 0;
      time(name, () => {
        inspection.setLook(to);
        frame();
      });
      figures[`${name}: uploads`] = uploads.calls;
    };
    for (const [name, to] of Object.entries(settings())) {
      change(name, to);
      move(`${name}: camera move`, 0.1 * i + 0.03);
      move(`${name}: camera back`, 0.1 * i);
      change("as predicted", AS_PREDICTED);
    }
  }

  time("pick", () => {
    for (let i = 0; i < PICKS; i++)
      inspection.stackAt(((i + 0.5) * WIDTH) / PICKS, (((7 * i) % PICKS) * HEIGHT) / PICKS);
  });
  figures.pick /= PICKS;
  const points = Array.from({ length: 200 }, (_, i): [number, number] => {
    const angle = (2 * Math.PI * i) / 200;
    const radius = 170 + 30 * Math.sin(7 * angle);
    return [WIDTH / 2 + radius * Math.cos(angle), HEIGHT / 2 + radius * Math.sin(angle)];
  });
  for (let i = 0; i < repeats; i++) {
    let found = new Uint8Array(0);
    time("lasso, through", () => {
      found = new Uint8Array(inspection.inPicture({ kind: "lasso", points }, true));
    });
    figures["lasso, through: splats"] = countOf(found);
    time("mask to bits", () => void packBits(inspection.selected("replace", found)));
    time("select and draw", () => {
      inspection.setSelection(found);
      frame();
    });
    time("grow", () => void inspection.grown());
    inspection.setSelection(new Uint8Array(count));
    time("lasso, visible only", () => {
      found = new Uint8Array(inspection.inPicture({ kind: "lasso", points }, false));
    });
    figures["lasso, visible only: splats"] = countOf(found);
    paint();
  }
  inspection.dispose();
  scene.dispose();
  return figures;

  // A stroke across the picture: 6 px at a time, as a pointer moves in a frame. Medians, and the worst.
  function paint(): void {
    const taken: Record<string, number[]> = {};
    const clock = <T>(name: string, job: () => T): T => {
      const start = performance.now();
      const result = job();
      (taken[name] ??= []).push(performance.now() - start);
      return result;
    };
    const stroke = clock("begin", () => inspection.stroke(24));
    const points: [number, number][] = [];
    const seen = new Uint8Array(count);
    for (let i = 0; i < STROKE_MOVES; i++) {
      points.push([120 + 6 * i, HEIGHT / 2 + 40 * Math.sin(i / 8)]);
      for (const wire of clock("a move", () => stroke?.follow(points) ?? [])) seen[wire] = 1;
      clock("mark", () => inspection.previewSelection(inspection.selected("add", seen)));
      clock("draw", frame);
    }
    clock("what is visible of it", () => inspection.visibleIn(seen));
    for (const [name, times] of Object.entries(taken)) {
      times.sort((one, other) => one - other);
      figures[`brush, ${name}`] = times[Math.floor(times.length / 2)];
      figures[`brush, ${name}, at worst`] = times[times.length - 1];
    }
  }
}

function countUploads(context: WebGL2RenderingContext): { calls: number } {
  const counter = { calls: 0 };
  for (const name of UPLOADS) {
    const real = (context[name] as (...given: unknown[]) => unknown).bind(context);
    Object.assign(context, {
      [name]: (...given: unknown[]) => {
        counter.calls++;
        return real(...given);
      },
    });
  }
  return counter;
}

/** What draws: the GL backend by its own name. */
export function backend(): string {
  const gl = document.createElement("canvas").getContext("webgl2");
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  return gl && info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : "no WebGL 2";
}
