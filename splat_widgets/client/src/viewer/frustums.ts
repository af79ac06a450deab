// The input cameras as thin pyramids.
import {
  BufferGeometry,
  Float32BufferAttribute,
  LineBasicMaterial,
  LineSegments,
  type PerspectiveCamera,
  Vector3,
} from "three";
import type { PinholeCamera } from "../shared/wire";

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

/** Draws every camera at one size; behind the splats' transparency, never hidden by them. */
export class Frustums {
  readonly object = new LineSegments(
    new BufferGeometry(),
    new LineBasicMaterial({
      vertexColors: true,
      depthTest: false,
      depthWrite: false,
      transparent: true,
    }),
  );

  constructor(
    readonly cameras: readonly PinholeCamera[],
    depth: number,
  ) {
    const lines = cameras.map((camera) => frustumLines(camera, depth));
    const colours = lines.flatMap((points, i) => {
      const hex = COLOURS[i % COLOURS.length];
      const rgb = [(hex >> 16) / 255, ((hex >> 8) & 255) / 255, (hex & 255) / 255];
      return Array.from({ length: points.length / 3 }, () => rgb).flat();
    });
    this.object.geometry.setAttribute("position", new Float32BufferAttribute(lines.flat(), 3));
    this.object.geometry.setAttribute("color", new Float32BufferAttribute(colours, 3));
    this.object.renderOrder = 1;
    this.object.frustumCulled = false;
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
    this.cameras.forEach(({ T_world_camera: T }, i) => {
      const p = new Vector3(T[3], T[7], T[11]).project(view);
      const gap = Math.hypot(((p.x + 1) / 2) * width - x, ((1 - p.y) / 2) * height - y);
      if (Math.abs(p.z) < 1 && gap < nearest) {
        nearest = gap;
        best = i;
      }
    });
    return best;
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.object.material.dispose();
  }
}
