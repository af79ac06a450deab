// Which splats make up a pixel: those that cover it, blended front to back as the GPU does.
import { SATURATED } from "../page/state.gen";
import type { Mask } from "./mask";
import type { Projector } from "./projection";

/** What a splat contributes to a pixel. */
export type Contribution = {
  wire: number; // index of the splat
  alpha: number; // of the splat at this point
  weight: number; // alpha times the light that gets past the splats before it
};

/**
 * The splats under a point, the one with the largest weight first.
 *
 * @param shown which splats are drawn.
 * @param x px from the left, y px from the top; a pixel's centre ends in .5.
 */
export function stackAt(
  projector: Projector,
  count: number,
  shown: Mask,
  x: number,
  y: number,
): Contribution[] {
  const found: { wire: number; z: number; alpha: number }[] = [];
  for (let wire = 0; wire < count; wire++) {
    if (!shown[wire] || !projector.centre(wire)) continue;
    const reach = projector.reach(wire);
    if (Math.abs(projector.x - x) > reach || Math.abs(projector.y - y) > reach) continue;
    if (!projector.footprint(wire)) continue;
    const alpha = projector.alphaAt(x, y);
    if (alpha > 0) found.push({ wire, z: projector.z, alpha });
  }
  found.sort((a, b) => a.z - b.z || b.wire - a.wire);
  const out: Contribution[] = [];
  let through = 1;
  for (const { wire, alpha } of found) {
    if (through < SATURATED) break;
    out.push({ wire, alpha, weight: through * alpha });
    through *= 1 - alpha;
  }
  return out.sort((a, b) => b.weight - a.weight);
}
