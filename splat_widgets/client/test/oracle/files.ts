// Reads files of scenes with Spark's own readers; `tests/benchmarks/bench_formats.py` drives it.
import { SplatMesh } from "@sparkjsdev/spark";

type Read = {
  count: number;
  means: number[];
  scales: number[];
  quaternions: number[]; // xyzw
  opacities: number[];
  colors: number[]; // display RGB of the first harmonic
};

/** What Spark finds in a file, in the file's own axes and order. */
export async function read(content: string, fileName: string): Promise<Read> {
  const fileBytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const mesh = new SplatMesh({ fileBytes, fileName, extSplats: true });
  await mesh.initialized;
  const found: Read = {
    count: 0,
    means: [],
    scales: [],
    quaternions: [],
    opacities: [],
    colors: [],
  };
  mesh.forEachSplat((_index, center, scales, quaternion, opacity, color) => {
    found.count += 1;
    found.means.push(...center.toArray());
    found.scales.push(...scales.toArray());
    found.quaternions.push(...(quaternion.toArray() as number[]));
    found.opacities.push(opacity);
    found.colors.push(color.r, color.g, color.b);
  });
  mesh.dispose();
  return found;
}
