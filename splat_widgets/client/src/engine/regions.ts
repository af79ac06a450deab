// Splats inside regions of the picture, of space, of an attribute's values, of a photo. Every region
// includes its border, as in `splat_widgets/regions/`.
import { NEAR_PLANE, type PinholeCamera } from "../page/state.gen";
import type { Vec3 } from "../page/wire";
import type { Mask } from "./mask";

export type Point = readonly [number, number];

const MAX_BANDS = 256;
const SMALLEST = 2 ** -126; // float32; corners drawn to the left of a logarithmic axis lie there

/**
 * Tests points by the even-odd rule; the polygon closes by itself. Only the edges in a point's own band
 * of y are looked at, so a lasso of hundreds of corners costs about as much as a square.
 */
export function polygonTest(points: readonly Point[]): (x: number, y: number) => boolean {
  const box = boundsOf(points);
  const bands = Math.max(1, Math.min(MAX_BANDS, points.length));
  const perBand = bands / (box.bottom - box.top);
  const bandOf = (y: number) => Math.min(bands - 1, Math.floor((y - box.top) * perBand) || 0);
  const edges: number[][] = Array.from({ length: bands }, () => []); // xi, yi, xj, yj each
  points.forEach(([xi, yi], i) => {
    const [xj, yj] = points[(i || points.length) - 1];
    if (yi === yj) return;
    const last = bandOf(Math.max(yi, yj));
    for (let band = bandOf(Math.min(yi, yj)); band <= last; band++)
      edges[band].push(xi, yi, xj, yj);
  });
  const packed = edges.map((band) => Float64Array.from(band));
  return (x, y) => {
    if (!within(box, x, y)) return false;
    const band = packed[bandOf(y)];
    let inside = false;
    for (let k = 0; k < band.length; k += 4) {
      const yi = band[k + 1];
      const yj = band[k + 3];
      if (yi > y !== yj > y && x < ((band[k + 2] - band[k]) * (y - yi)) / (yj - yi) + band[k])
        inside = !inside;
    }
    return inside;
  };
}

/** Splats whose centre is projected into a polygon; `centres` holds four floats a splat. */
export function inPolygon(
  centres: Float32Array,
  count: number,
  camera: PinholeCamera,
  points: readonly Point[],
): Mask {
  return projected(centres, count, camera, polygonTest(points));
}

/** Splats whose centre is projected into the rectangle between two opposite corners. */
export function inRectangle(
  centres: Float32Array,
  count: number,
  camera: PinholeCamera,
  corners: readonly [Point, Point],
): Mask {
  const box = boundsOf(corners);
  return projected(centres, count, camera, (x, y) => within(box, x, y));
}

export function inBox(centres: Float32Array, count: number, center: Vec3, halfSizes: Vec3): Mask {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let inside = 1;
    for (let k = 0; k < 3; k++)
      if (!(Math.abs(centres[4 * i + k] - center[k]) <= halfSizes[k])) inside = 0;
    out[i] = inside;
  }
  return out;
}

export function inSphere(centres: Float32Array, count: number, center: Vec3, radius: number): Mask {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let square = 0;
    for (let k = 0; k < 3; k++) square += (centres[4 * i + k] - center[k]) ** 2;
    out[i] = Number(square <= radius * radius);
  }
  return out;
}

/** low <= value <= high in float32; null means unbounded; NaN is outside. */
export function inRange(values: Float32Array, low: number | null, high: number | null): Mask {
  const from = low === null ? Number.NEGATIVE_INFINITY : Math.fround(low);
  const to = high === null ? Number.POSITIVE_INFINITY : Math.fround(high);
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i] >= from && values[i] <= to);
  return out;
}

/** Splats of any of these photos. */
export function ofPhotos(photoOfSplat: Float32Array, photos: readonly number[]): Mask {
  const chosen = new Set(photos);
  return Uint8Array.from(photoOfSplat, (photo) => Number(chosen.has(photo)));
}

/** Polygon in the plane of two attributes, in their units; with `log` in their decimal logarithm. */
export function inDensity(
  values: readonly [Float32Array, Float32Array],
  log: readonly [boolean, boolean],
  points: readonly Point[],
): Mask {
  const scaled = points.map(
    ([x, y]): Point => [
      log[0] ? Math.log10(Math.max(x, SMALLEST)) : x,
      log[1] ? Math.log10(Math.max(y, SMALLEST)) : y,
    ],
  );
  const out = new Uint8Array(values[0].length);
  const inside = polygonTest(scaled);
  for (let i = 0; i < out.length; i++) {
    const x = log[0] ? Math.log10(values[0][i]) : values[0][i];
    const y = log[1] ? Math.log10(values[1][i]) : values[1][i];
    out[i] = Number(Number.isFinite(x) && Number.isFinite(y) && inside(x, y));
  }
  return out;
}

/** The pixel that each splat was predicted for. */
export type PixelChannels = { view: Float32Array; row: Float32Array; col: Float32Array };

/** Splats whose own pixel's middle lies in a polygon on a photo, in pixels of the crop. */
export function inPhoto(pixels: PixelChannels, view: number, points: readonly Point[]): Mask {
  const out = new Uint8Array(pixels.view.length);
  const inside = polygonTest(points);
  for (let i = 0; i < out.length; i++)
    out[i] = Number(pixels.view[i] === view && inside(pixels.col[i] + 0.5, pixels.row[i] + 0.5));
  return out;
}

/** The mask and the splats of the pixels above, below, left and right of its own. */
export function grown(mask: Mask, pixels: PixelChannels): Mask {
  const out = mask.slice();
  const key = (view: number, row: number, col: number) => (view * 65536 + row) * 65536 + col;
  const selected = new Set<number>();
  for (let i = 0; i < mask.length; i++)
    if (mask[i]) selected.add(key(pixels.view[i], pixels.row[i], pixels.col[i]));
  for (let i = 0; i < mask.length; i++) {
    if (out[i]) continue;
    const [view, row, col] = [pixels.view[i], pixels.row[i], pixels.col[i]];
    out[i] = Number(
      selected.has(key(view, row - 1, col)) ||
        selected.has(key(view, row + 1, col)) ||
        (col > 0 && selected.has(key(view, row, col - 1))) ||
        selected.has(key(view, row, col + 1)),
    );
  }
  return out;
}

/** Calls a function with every splat before the camera and where its centre is drawn, px. */
export function project(
  centres: Float32Array,
  count: number,
  camera: PinholeCamera,
  visit: (i: number, x: number, y: number) => void,
): void {
  const T = camera.T_world_camera;
  const [cx, cy] = camera.principal_point_px;
  const f = camera.focal_px;
  for (let i = 0; i < count; i++) {
    const X = centres[4 * i] - T[3];
    const Y = centres[4 * i + 1] - T[7];
    const Z = centres[4 * i + 2] - T[11];
    const z = T[2] * X + T[6] * Y + T[10] * Z;
    if (!(z > NEAR_PLANE)) continue;
    const x = (f * (T[0] * X + T[4] * Y + T[8] * Z)) / z + cx;
    const y = (f * (T[1] * X + T[5] * Y + T[9] * Z)) / z + cy;
    visit(i, x, y);
  }
}

function projected(
  centres: Float32Array,
  count: number,
  camera: PinholeCamera,
  test: (x: number, y: number) => boolean,
): Mask {
  const out = new Uint8Array(count);
  project(centres, count, camera, (i, x, y) => {
    out[i] = Number(test(x, y));
  });
  return out;
}

type Box = { left: number; right: number; top: number; bottom: number };

function boundsOf(points: readonly Point[]): Box {
  const x = points.map(([value]) => value);
  const y = points.map(([, value]) => value);
  return {
    left: Math.min(...x),
    right: Math.max(...x),
    top: Math.min(...y),
    bottom: Math.max(...y),
  };
}

function within(box: Box, x: number, y: number): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
