// Which part of a photo the network sees. Equals `photos.photo.square_crop` in Python, so that the
// page can draw the crop before the photo has been sent.

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
