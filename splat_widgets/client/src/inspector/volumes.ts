// Boxes and spheres that select, and how gestures on the picture make them.
import type { Inspection } from "../engine/inspection";
import type { Vec3 } from "../page/wire";
import type { Point } from "./plots/brush";

export type Volume =
  | { kind: "box"; center: Vec3; half_sizes: Vec3 }
  | { kind: "sphere"; center: Vec3; radius: number };

// The outermost splats on each side may be strays; this part of them is left out.
const STRAYS = 0.02;

/** The centre of what is seen at a point of the picture, and what one CSS px measures there. */
export function hitAt(
  inspection: Inspection,
  [x, y]: Point,
): { centre: Vec3; perPx: number } | undefined {
  const camera = inspection.camera();
  const centre = inspection.centreOf(inspection.stackAt(x, y)[0]?.wire ?? -1);
  if (!camera || !centre) return undefined;
  const T = camera.T_world_camera;
  const depth = [0, 1, 2].reduce((sum, k) => sum + T[4 * k + 2] * (centre[k] - T[4 * k + 3]), 0);
  return { centre, perPx: depth / camera.focal_px };
}

/** The box along the world's axes around the visible centres in a rectangle of the picture. */
export function boxAround(
  inspection: Inspection,
  points: Point[],
): { center: Vec3; half_sizes: Vec3 } | undefined {
  const mask = inspection.inPicture({ kind: "rectangle", points }, false);
  const axes: number[][] = [[], [], []];
  mask.forEach((bit, wire) => {
    const centre = bit ? inspection.centreOf(wire) : undefined;
    centre?.forEach((value, k) => {
      axes[k].push(value);
    });
  });
  if (axes[0].length === 0) return undefined;
  const ends = axes.map((values) => {
    const sorted = Float64Array.from(values).sort();
    const cut = Math.floor(STRAYS * sorted.length);
    return [sorted[cut], sorted[sorted.length - 1 - cut]];
  });
  return {
    center: ends.map(([low, high]) => (low + high) / 2) as Vec3,
    half_sizes: ends.map(([low, high]) => (high - low) / 2) as Vec3,
  };
}
