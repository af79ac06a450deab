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

/** WebGL's pixels, whose rows go from the bottom up and are premultiplied, as a picture. */
export function straightImage(bytes: Uint8Array, width: number, height: number): ImageData {
  const out = new Uint8ClampedArray(bytes.length);
  for (let row = 0; row < height; row++) {
    const from = (height - 1 - row) * width * 4;
    const to = row * width * 4;
    for (let i = 0; i < width * 4; i += 4) {
      const alpha = bytes[from + i + 3];
      const factor = alpha ? 255 / alpha : 0;
      for (let k = 0; k < 3; k++) out[to + i + k] = bytes[from + i + k] * factor;
      out[to + i + 3] = alpha;
    }
  }
  return new ImageData(out, width, height);
}
