// The synthetic scene of the benchmarks, as arrays and as the viewer's wire.
import type { CameraState, SceneHeader } from "../../../splat_widgets/client/src/page/state.gen";

export type Splats = {
  count: number;
  means: Float32Array;
  scales: Float32Array;
  quaternions: Float32Array; // wxyz
  opacities: Float32Array;
  rgb: Float32Array;
};

/** A wavy wall that covers the same part of the picture at every count. */
export function wall(count: number): Splats {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const splats = {
    count,
    means: new Float32Array(3 * count),
    scales: new Float32Array(3 * count),
    quaternions: new Float32Array(4 * count),
    opacities: new Float32Array(count),
    rgb: new Float32Array(3 * count),
  };
  const size = 1.4 / Math.sqrt(count);
  for (let i = 0; i < count; i++) {
    const [u, v] = [2 * next() - 1, 2 * next() - 1];
    const z = 2 + 0.4 * Math.sin(3 * u) * Math.cos(2 * v);
    splats.means.set([0.6 * u * z, 0.45 * v * z, z], 3 * i);
    for (let k = 0; k < 3; k++) {
      splats.scales[3 * i + k] = size * (0.4 + next());
      splats.rgb[3 * i + k] = next();
    }
    const q = [next() - 0.5, next() - 0.5, next() - 0.5, next() - 0.5];
    const norm = Math.hypot(...q);
    splats.quaternions.set(
      q.map((x) => x / norm),
      4 * i,
    );
    splats.opacities[i] = 0.3 + 0.7 * next();
  }
  return splats;
}

/** The splats as one exact chunk and its header. */
export function wire(
  splats: Splats,
  camera: CameraState,
): { header: SceneHeader; bytes: ArrayBuffer } {
  const { count } = splats;
  const header: SceneHeader = {
    scene: "wall",
    count,
    sh_degree: 0,
    exact: true,
    chunks: 1,
    bounds: { center: [0, 0, 2], radius: 1 },
    cameras: [],
    camera,
  };
  const values = new Float32Array(13 * count);
  values.set(splats.means);
  values.set(splats.scales.map(Math.log), 3 * count);
  for (let i = 0; i < count; i++) {
    // Unlike the kernel, no half turn: w is only made positive, which float32 can afford.
    const [w, x, y, z] = splats.quaternions.subarray(4 * i, 4 * i + 4);
    const sign = Math.sign(w) || 1;
    values.set([sign * x, sign * y, sign * z], 6 * count + 3 * i);
  }
  values.set(splats.rgb, 9 * count);
  values.set(splats.opacities, 12 * count);
  return { header, bytes: values.buffer };
}
