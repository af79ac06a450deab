// Lines over the splats.
import { BufferGeometry, Float32BufferAttribute, LineBasicMaterial, LineSegments } from "three";

export type Lines = LineSegments<BufferGeometry, LineBasicMaterial>;

/** @param points two ends of each line, x, y, z each. */
export function lines(points: number[], color: number, renderOrder: number): Lines {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(points, 3));
  const look = { color, depthTest: false, depthWrite: false, transparent: true };
  const made = new LineSegments(geometry, new LineBasicMaterial(look));
  made.frustumCulled = false;
  made.renderOrder = renderOrder;
  return made;
}

export function discard({ geometry, material }: Lines): void {
  geometry.dispose();
  material.dispose();
}
