// The input cameras as thin pyramids.
import { Group, type PerspectiveCamera, Vector3 } from "three";
import type { PinholeCamera } from "../page/wire";
import { discard, type Lines, lines } from "./lines";

const HIT_PX = 14;
const COLOURS = [0x4f9cf9, 0xf59e42, 0x58b368, 0xc678dd]; // first camera, second, ...

/** Lines from the camera's centre to the corners of its picture at this depth, in the world. */
export function frustumLines(camera: PinholeCamera, depth: number): number[] {
  const T = camera.T_world_camera;
  const [cx, cy] = camera.principal_point_px;
  const world = (x: number, y: number, z: number) =>
    [0, 1, 2].map((i) => T[4 * i] * x + T[4 * i + 1] * y + T[4 * i + 2] * z + T[4 * i + 3]);
  const corner = (u: number, v: number) =>
    world((depth * (u - cx)) / camera.focal_px, (depth * (v - cy)) / camera.focal_px, depth);
  const { width: w, height: h } = camera;
  const corners = [corner(0, 0), corner(w, 0), corner(w, h), corner(0, h)];
  const centre = world(0, 0, 0);
  const top = world(0, (depth * (-cy * 1.3)) / camera.focal_px, depth); // which side is up
  return corners
    .flatMap((point, i) => [...centre, ...point, ...point, ...corners[(i + 1) % 4]])
    .concat(corners[0], top, top, corners[1]);
}

/** Draws every camera at one size, over the splats. */
export class Frustums {
  readonly object = new Group();
  private readonly pyramids: Lines[];

  constructor(
    readonly cameras: readonly PinholeCamera[],
    private readonly depth: number,
  ) {
    this.pyramids = cameras.map((camera, i) =>
      lines(frustumLines(camera, depth), COLOURS[i % COLOURS.length], 1),
    );
    if (this.pyramids.length) this.object.add(...this.pyramids);
  }

  /** Index of the camera whose centre appears nearest to a point, if that is near enough. */
  hit(
    view: PerspectiveCamera,
    x: number,
    y: number,
    width: number,
    height: number,
  ): number | undefined {
    let best: number | undefined;
    let nearest = HIT_PX;
    this.pyramids.forEach((pyramid, i) => {
      const p = centre(this.cameras[i]).project(view);
      const gap = Math.hypot(((p.x + 1) / 2) * width - x, ((1 - p.y) / 2) * height - y);
      if (pyramid.visible && Math.abs(p.z) < 1 && gap < nearest) {
        nearest = gap;
        best = i;
      }
    });
    return best;
  }

  /**
   * Hides all of them while the view is that of a camera: its own pyramid would frame the picture, and
   * its neighbours' would cover half of it.
   */
  hideAt(eye: Vector3): void {
    const inside = this.cameras.some((camera) => eye.distanceTo(centre(camera)) < this.depth / 2);
    for (const pyramid of this.pyramids) pyramid.visible = !inside;
  }

  dispose(): void {
    for (const pyramid of this.pyramids) discard(pyramid);
  }
}

function centre({ T_world_camera: T }: PinholeCamera): Vector3 {
  return new Vector3(T[3], T[7], T[11]);
}
