// Pictures that are drawn off screen: what is asked for, and pixels as a picture has them.
import type { CameraState } from "../page/state.gen";
import type { PinholeCamera } from "../page/wire";

export type Capture = {
  width: number;
  height: number;
  camera?: PinholeCamera | CameraState | undefined; // the one on the screen if left out
  transparent?: boolean;
  overlay?: boolean; // with cameras and photos
};

/** The same camera over a picture of another size. */
export function scaled(camera: PinholeCamera, width: number, height: number): PinholeCamera {
  const factor = width / camera.width;
  const [cx, cy] = camera.principal_point_px;
  return {
    ...camera,
    focal_px: camera.focal_px * factor,
    principal_point_px: [cx * factor, cy * factor],
    width,
    height,
  };
}

/** WebGL's pixels, whose rows go from the bottom up, as a picture. */
export function imageOf(bytes: Uint8Array, width: number, height: number): ImageData {
  const out = new Uint8ClampedArray(bytes.length);
  const length = 4 * width;
  for (let row = 0; row < height; row++)
    out.set(bytes.subarray(row * length, (row + 1) * length), (height - 1 - row) * length);
  return new ImageData(out, width, height);
}
