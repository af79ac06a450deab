// A photo on the image plane of its camera: seen from the camera's centre, it covers what it shows,
// however far away it is drawn.
import {
  BufferGeometry,
  CanvasTexture,
  DoubleSide,
  Float32BufferAttribute,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  Vector3,
} from "three";
import { h } from "../page/dom";
import type { PinholeCamera, Vec3 } from "../page/wire";

/** Corners of the picture at depth 1 in the camera's own axes: top left, top right, and so on. */
function corners({ focal_px: f, principal_point_px, width, height }: PinholeCamera): Vec3[] {
  const [cx, cy] = principal_point_px;
  const at = (u: number, v: number): Vec3 => [(u - cx) / f, (v - cy) / f, 1];
  return [at(0, 0), at(width, 0), at(width, height), at(0, height)];
}

export class PhotoPlane {
  readonly object: Mesh<BufferGeometry, MeshBasicMaterial>;
  private readonly pose: Matrix4;
  private readonly corners: Vec3[];

  constructor(camera: PinholeCamera) {
    this.pose = new Matrix4().fromArray(camera.T_world_camera).transpose();
    this.corners = corners(camera);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new Float32BufferAttribute(this.corners.flat(), 3));
    geometry.setAttribute("uv", new Float32BufferAttribute([0, 1, 1, 1, 1, 0, 0, 0], 2));
    geometry.setIndex([0, 1, 2, 0, 2, 3]);
    const look = { depthTest: false, depthWrite: false, transparent: true, side: DoubleSide };
    this.object = new Mesh(geometry, new MeshBasicMaterial(look));
    this.object.frustumCulled = false;
    this.object.matrixAutoUpdate = false;
    this.object.renderOrder = 2; // over the lines of the pyramids, which would cross it
    this.object.visible = false;
  }

  /** Whether there is a picture to show. */
  get hasPicture(): boolean {
    return this.object.material.map !== null;
  }

  /** Takes the picture once it is decoded. */
  setPicture(picture: ImageBitmap): void {
    const canvas = h("canvas", { width: picture.width, height: picture.height });
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    this.object.material.map = new CanvasTexture(canvas);
    this.object.material.needsUpdate = true;
  }

  /** Puts it at a depth of its camera; an opacity of 0 hides it. */
  place(depth: number, opacity: number): void {
    this.object.visible = this.hasPicture && opacity > 0;
    this.object.material.opacity = opacity;
    this.object.matrix.copy(this.pose).multiply(new Matrix4().makeScale(depth, depth, depth));
    this.object.updateMatrixWorld(true);
  }

  /** Corners in the world at a depth of its camera, as `corners` lists them. */
  cornersAt(depth: number): Vector3[] {
    return this.corners.map((corner) =>
      new Vector3().fromArray(corner).multiplyScalar(depth).applyMatrix4(this.pose),
    );
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.object.material.map?.dispose();
    this.object.material.dispose();
  }
}
