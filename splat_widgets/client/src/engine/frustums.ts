// The input cameras as thin pyramids, each with its number and its photo on its base.
import { Group, type PerspectiveCamera, Vector3 } from "three";
import type { CameraPhoto } from "../page/state.gen";
import type { PinholeCamera } from "../page/wire";
import { Badge } from "./badge";
import { discard, type Lines, lines } from "./lines";
import { PhotoPlane } from "./photoPlane";

const HIT_PX = 14;
const COLOURS = [0x4f9cf9, 0xf59e42, 0x58b368, 0xc678dd]; // first camera, second, ...
const FADE = [1.5, 3]; // pyramid depths from the eye: nearer photos are hidden, they would fill the picture
const STANDING = 0.02; // of a pyramid's depth: so near to a camera's centre, its photo fits the splats

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

/** One camera's parts. */
type Pyramid = { centre: Vector3; edges: Lines; badge: Badge; plane: PhotoPlane };

export type FrustumOptions = {
  depth: number; // of the pyramids, scene units
  far: number; // where a photo is drawn over the splats: any depth that the view shows
  changed: () => void; // a photo has arrived
};

/** Draws every camera at one size, over the splats. */
export class Frustums {
  readonly object = new Group();
  /** Photos that are still being decoded. */
  pending = 0;
  private readonly pyramids: Pyramid[];
  private shown = true;
  private photoOpacity = 0;
  private disposed = false;

  constructor(
    cameras: readonly PinholeCamera[],
    private readonly photos: readonly CameraPhoto[],
    private readonly options: FrustumOptions,
  ) {
    this.pyramids = cameras.map((camera, i) => this.pyramid(camera, i));
    for (const { edges, badge, plane } of this.pyramids)
      this.object.add(plane.object, edges, badge.object);
  }

  /** @param photoOpacity of a photo over the splats, at its camera. */
  set(shown: boolean, photoOpacity: number): void {
    this.shown = shown;
    this.photoOpacity = photoOpacity;
  }

  /** Index of the camera at whose centre the view is. */
  standingAt(eye: Vector3): number | undefined {
    const near = STANDING * this.options.depth;
    const found = this.pyramids.findIndex(({ centre }) => eye.distanceTo(centre) < near);
    return found < 0 ? undefined : found;
  }

  /** Whether there is a photo to lay over the splats at a camera. */
  hasPhoto(index: number): boolean {
    return this.pyramids[index]?.plane.hasPicture ?? false;
  }

  /** Index of the camera under a point, CSS px: of its photo, or of its centre within a few pixels. */
  hit(
    view: PerspectiveCamera,
    x: number,
    y: number,
    width: number,
    height: number,
  ): number | undefined {
    const toPicture = (point: Vector3): [number, number] => {
      const p = point.clone().project(view);
      return [((p.x + 1) / 2) * width, ((1 - p.y) / 2) * height];
    };
    const isAhead = (point: Vector3) => point.clone().applyMatrix4(view.matrixWorldInverse).z < 0;
    if (!this.areShownFrom(view.position)) return undefined;
    let best: number | undefined;
    let nearest = Number.POSITIVE_INFINITY;
    this.pyramids.forEach(({ centre, plane }, i) => {
      if (!isAhead(centre)) return;
      const [u, v] = toPicture(centre);
      const corners = plane.cornersAt(this.options.depth);
      const onPhoto = corners.every(isAhead) && isInside(corners.map(toPicture), x, y);
      const gap = view.position.distanceTo(centre);
      if (!(onPhoto || Math.hypot(u - x, v - y) < HIT_PX) || gap >= nearest) return;
      nearest = gap;
      best = i;
    });
    return best;
  }

  /**
   * Prepares the next drawing.
   *
   * @param pixelRatio pixels of the drawing per CSS pixel.
   */
  prepare(eye: Vector3, pixelRatio: number): void {
    const { depth, far } = this.options;
    const visible = this.areShownFrom(eye);
    const standing = this.standingAt(eye);
    this.pyramids.forEach(({ centre, edges, badge, plane }, i) => {
      edges.visible = badge.object.visible = visible;
      badge.setPixelRatio(pixelRatio);
      if (i === standing) plane.place(far, this.photoOpacity);
      else plane.place(depth, visible ? fade(eye.distanceTo(centre) / depth) : 0);
    });
  }

  // All pyramids are hidden while the view is that of a camera: its own would frame the picture, and its
  // neighbours' would cover half of it.
  private areShownFrom(eye: Vector3): boolean {
    const near = this.options.depth / 2;
    return this.shown && this.pyramids.every(({ centre }) => eye.distanceTo(centre) >= near);
  }

  dispose(): void {
    this.disposed = true;
    for (const { edges, badge, plane } of this.pyramids) {
      discard(edges);
      badge.dispose();
      plane.dispose();
    }
  }

  private pyramid(camera: PinholeCamera, index: number): Pyramid {
    const { depth } = this.options;
    const colour = COLOURS[index % COLOURS.length];
    const T = camera.T_world_camera;
    const plane = new PhotoPlane(camera);
    const edges = lines(frustumLines(camera, depth), colour, 1);
    const number = String(this.photos[index]?.number ?? index + 1);
    const badge = new Badge(
      number,
      `#${colour.toString(16).padStart(6, "0")}`,
      plane.cornersAt(depth)[0],
    );
    const jpeg = this.photos[index]?.jpeg;
    if (jpeg) void this.decode(jpeg, plane);
    return { centre: new Vector3(T[3], T[7], T[11]), edges, badge, plane };
  }

  private async decode(jpeg: string, plane: PhotoPlane): Promise<void> {
    this.pending++;
    try {
      const bytes = Uint8Array.from(atob(jpeg), (character) => character.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
      if (!this.disposed) plane.setPicture(picture);
      picture.close();
    } catch (error) {
      console.error(error); // the pyramid stays without its photo
    }
    this.pending--;
    if (!this.disposed) this.options.changed();
  }
}

/** Opacity of a photo at a distance in pyramid depths. */
function fade(distance: number): number {
  const [none, full] = FADE;
  return Math.min(1, Math.max(0, (distance - none) / (full - none)));
}

/** Whether a point lies in a convex polygon, in either sense of rotation. */
function isInside(polygon: [number, number][], x: number, y: number): boolean {
  const sides = polygon.map(([u, v], i) => {
    const [p, q] = polygon[(i + 1) % polygon.length];
    return Math.sign((p - u) * (y - v) - (q - v) * (x - u));
  });
  return sides.every((side) => side >= 0) || sides.every((side) => side <= 0);
}
