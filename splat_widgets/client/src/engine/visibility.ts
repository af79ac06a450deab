// A splat is visible if at least half of its centre's light gets past the splats before it.
import { MIN_TRANSMITTANCE, SAME_SURFACE } from "../page/state.gen";
import type { Mask } from "./mask";
import type { Projector } from "./projection";

/**
 * The candidates whose centre lies in the picture and is covered by less than half.
 *
 * Transmittances multiply in any order, so nothing is sorted; a candidate that is known to be hidden is
 * not tested again.
 *
 * @param candidates splats in question; they must be shown.
 * @param shown splats that are drawn, and may hide others.
 */
export function visible(
  projector: Projector,
  candidates: Mask,
  shown: Mask,
  width: number,
  height: number,
): Mask {
  const count = candidates.length;
  const out = new Uint8Array(count);
  const columns = Math.ceil(width);
  const rows = Math.ceil(height);
  const cell = new Int32Array(count).fill(-1);
  const starts = new Int32Array(columns * rows + 1);
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const z = new Float64Array(count);
  let [left, right, top, bottom, farthest] = [columns, -1, rows, -1, 0];
  for (let i = 0; i < count; i++) {
    if (!candidates[i] || !projector.centre(i)) continue;
    if (!(projector.x >= 0 && projector.x < width && projector.y >= 0 && projector.y < height))
      continue;
    x[i] = projector.x;
    y[i] = projector.y;
    z[i] = projector.z;
    const [column, row] = [Math.floor(x[i]), Math.floor(y[i])];
    cell[i] = row * columns + column;
    starts[cell[i] + 1]++;
    left = Math.min(left, column);
    right = Math.max(right, column);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
    farthest = Math.max(farthest, z[i]);
    out[i] = 1;
  }
  for (let k = 0; k < columns * rows; k++) starts[k + 1] += starts[k];
  const next = starts.slice();
  const members = new Int32Array(starts[columns * rows]);
  for (let i = 0; i < count; i++) if (cell[i] >= 0) members[next[cell[i]]++] = i;
  const ends = next; // of each cell's members that are not yet known to be hidden
  const through = new Float64Array(count).fill(1);

  for (let j = 0; j < count; j++) {
    if (!shown[j] || !projector.centre(j) || projector.z >= farthest) continue;
    const reach = projector.reach(j);
    if (
      projector.x + reach < left ||
      projector.x - reach > right + 1 ||
      projector.y + reach < top ||
      projector.y - reach > bottom + 1 ||
      !projector.footprint(j)
    )
      continue;
    const [wide, high] = projector.box;
    const fromX = Math.max(left, Math.floor(projector.x - wide));
    const toX = Math.min(right, Math.floor(projector.x + wide));
    const fromY = Math.max(top, Math.floor(projector.y - high));
    const toY = Math.min(bottom, Math.floor(projector.y + high));
    for (let row = fromY; row <= toY; row++)
      for (let column = fromX; column <= toX; column++) {
        const at = row * columns + column;
        for (let k = starts[at]; k < ends[at]; k++) {
          const i = members[k];
          if (z[i] * (1 - SAME_SURFACE) <= projector.z) continue;
          through[i] *= 1 - projector.alphaAt(x[i], y[i]);
          if (through[i] >= MIN_TRANSMITTANCE) continue;
          out[i] = 0;
          members[k--] = members[--ends[at]];
        }
      }
  }
  return out;
}
