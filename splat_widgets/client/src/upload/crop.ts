// Which part of a photo the network sees. Equals `photos.photo.square_crop` in Python, so that the
// page can draw the crop before the photo has been sent.
import { MIN_CROP_PX } from "../page/state.gen";

/** Left, top, right, bottom as fractions of the upright photo. */
export type Crop = readonly [number, number, number, number];

/** Python's `round`: halves go to the even neighbour. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The centred square after the short side was brought to `imageSize` pixels. */
export function squareCrop(width: number, height: number, imageSize: number): Crop {
  const longSide = roundHalfEven(imageSize * Math.max(width / height, height / width));
  const longest = Math.max(width, height);
  const w = roundHalfEven((width * longSide) / longest);
  const h = roundHalfEven((height * longSide) / longest);
  const cx = Math.floor(w / 2);
  const cy = Math.floor(h / 2);
  const half = Math.min(cx, cy);
  return [(cx - half) / w, (cy - half) / h, (cx + half) / w, (cy + half) / h];
}

/** Size of the largest copy of a photo whose long side is at most `limit`. */
export function fitInside(width: number, height: number, limit: number): [number, number] {
  const factor = Math.min(1, limit / Math.max(width, height));
  return [Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor))];
}

/** A square in pixels of the upright photo, as Python has it. */
export type Square = { x: number; y: number; side: number };
export type Size = { width: number; height: number };
export type Corner = "nw" | "ne" | "sw" | "se";

const between = (low: number, value: number, high: number) =>
  Math.min(high, Math.max(low, Math.round(value)));

/** The square whose edges are fractions of a photo. */
export function squareOf([left, top, right]: Crop, { width, height }: Size): Square {
  const side = between(1, (right - left) * width, Math.min(width, height));
  return {
    x: between(0, left * width, width - side),
    y: between(0, top * height, height - side),
    side,
  };
}

/** Edges of a square as fractions of its photo. */
export function edgesOf({ x, y, side }: Square, { width, height }: Size): Crop {
  return [x / width, y / height, (x + side) / width, (y + side) / height];
}

/** The square moved by pixels of the photo, as far as the photo goes. */
export function moved({ x, y, side }: Square, dx: number, dy: number, size: Size): Square {
  return {
    x: between(0, x + dx, size.width - side),
    y: between(0, y + dy, size.height - side),
    side,
  };
}

/** The square with one corner pulled to a point of the photo; the opposite corner stays. */
export function pulled(square: Square, corner: Corner, to: [number, number], size: Size): Square {
  const isLeft = corner.endsWith("w");
  const isTop = corner.startsWith("n");
  const fixedX = isLeft ? square.x + square.side : square.x;
  const fixedY = isTop ? square.y + square.side : square.y;
  const wanted = Math.max(
    isLeft ? fixedX - to[0] : to[0] - fixedX,
    isTop ? fixedY - to[1] : to[1] - fixedY,
  );
  const room = Math.min(
    isLeft ? fixedX : size.width - fixedX,
    isTop ? fixedY : size.height - fixedY,
  );
  const side = between(Math.min(MIN_CROP_PX, room), wanted, room);
  return { x: isLeft ? fixedX - side : fixedX, y: isTop ? fixedY - side : fixedY, side };
}

/** The square grown by a factor around its middle, as far as the photo goes. */
export function scaled({ x, y, side }: Square, factor: number, size: Size): Square {
  const most = Math.min(size.width, size.height);
  const next = between(Math.min(MIN_CROP_PX, most), side * factor, most);
  return moved({ x: x + (side - next) / 2, y: y + (side - next) / 2, side: next }, 0, 0, size);
}
