// Drawn over the splats: rings around single ones, the axes of a covariance, regions of space.
import {
  BufferGeometry,
  Float32BufferAttribute,
  GLSL3,
  Group,
  Points,
  RawShaderMaterial,
} from "three";
import type { Vec3 } from "../page/wire";
import { discard, type Lines, lines } from "./lines";

const RING_PX = 22; // CSS px across
const AXIS_SIGMAS = 2;
// Okabe and Ito's colours for the colour blind: of the three axes, and of regions.
const AXIS_COLOURS = [0xd55e00, 0x009e73, 0x56b4e9];
const REGION_COLOUR = 0xf0e442;
const CIRCLE_STEPS = 64;

const RING_VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
in float strong;
uniform mat4 viewMatrix, projectionMatrix;
uniform float size;
flat out float vStrong;
void main() {
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
  gl_PointSize = size;
  vStrong = strong;
}
`;
const RING_FRAGMENT = /* glsl */ `
precision highp float;
uniform float size;
flat in float vStrong;
out vec4 colour; // premultiplied
void main() {
  float r = length(gl_PointCoord - 0.5) * size;      // px from the middle
  float off = abs(r - 0.5 * size + 3.0);             // from the ring
  float line = 1.0 - smoothstep(0.9, 1.7, off);      // light, two pixels wide
  float edge = 1.0 - smoothstep(1.9, 3.0, off);      // on a dark rim
  float alpha = edge * (vStrong > 0.5 ? 1.0 : 0.75);
  vec3 light = vStrong > 0.5 ? vec3(1.0) : vec3(0.95, 0.9, 0.3);
  colour = vec4(light * line, 1.0) * alpha;
}
`;

/** A region of space, shown as lines. */
export type Region =
  | { kind: "box"; center: Vec3; halfSizes: Vec3 }
  | { kind: "sphere"; center: Vec3; radius: number };

/** Centre and columns scale_k * axis_k of a Gaussian. */
export type Axes = { center: Vec3; axes: [Vec3, Vec3, Vec3] };

/** All of them in one group, empty at first. */
export class Marks {
  readonly object = new Group();
  private readonly rings: Points<BufferGeometry, RawShaderMaterial>;
  private axes: Lines[] = [];
  private region: Lines[] = [];

  constructor() {
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: RING_VERTEX,
      fragmentShader: RING_FRAGMENT,
      uniforms: { size: { value: RING_PX } },
      transparent: true,
      premultipliedAlpha: true,
      depthTest: false,
      depthWrite: false,
    });
    this.rings = new Points(new BufferGeometry(), material);
    this.rings.frustumCulled = false;
    this.rings.renderOrder = 4;
    this.rings.visible = false;
    this.object.add(this.rings);
  }

  /** Rings around points: white if picked (`strong`), yellow if under the pointer. */
  setRings(points: readonly { at: Vec3; strong: boolean }[], pixelRatio: number): void {
    this.rings.geometry.dispose();
    const geometry = new BufferGeometry();
    geometry.setAttribute(
      "position",
      new Float32BufferAttribute(
        points.flatMap(({ at }) => at),
        3,
      ),
    );
    geometry.setAttribute(
      "strong",
      new Float32BufferAttribute(
        points.map(({ strong }) => Number(strong)),
        1,
      ),
    );
    this.rings.geometry = geometry;
    this.rings.material.uniforms.size.value = RING_PX * pixelRatio;
    this.rings.visible = points.length > 0;
  }

  /** Two standard deviations along each axis of a Gaussian, both ways. */
  setAxes(shown: Axes | null): void {
    this.axes = this.replace(
      this.axes,
      (shown?.axes ?? []).map((axis, k) => {
        const end = (sign: number) =>
          axis.map((part, i) => (shown?.center[i] ?? 0) + sign * AXIS_SIGMAS * part);
        return lines([...end(-1), ...end(1)], AXIS_COLOURS[k], 3);
      }),
    );
  }

  setRegion(region: Region | null): void {
    const points = region === null ? [] : region.kind === "box" ? edges(region) : circles(region);
    this.region = this.replace(this.region, points.length ? [lines(points, REGION_COLOUR, 3)] : []);
  }

  private replace(old: Lines[], made: Lines[]): Lines[] {
    for (const object of old) discard(object);
    this.object.remove(...old);
    if (made.length) this.object.add(...made);
    return made;
  }

  dispose(): void {
    for (const object of [...this.axes, ...this.region]) discard(object);
    this.rings.geometry.dispose();
    this.rings.material.dispose();
    this.object.clear();
  }
}

function edges({ center, halfSizes }: { center: Vec3; halfSizes: Vec3 }): number[] {
  const corner = (bits: number) =>
    [0, 1, 2].map((k) => center[k] + ((bits >> k) & 1 ? 1 : -1) * halfSizes[k]);
  const out: number[] = [];
  for (let bits = 0; bits < 8; bits++)
    for (let k = 0; k < 3; k++)
      if (!((bits >> k) & 1)) out.push(...corner(bits), ...corner(bits | (1 << k)));
  return out;
}

function circles({ center, radius }: { center: Vec3; radius: number }): number[] {
  const out: number[] = [];
  for (let plane = 0; plane < 3; plane++)
    for (let step = 0; step < CIRCLE_STEPS; step++)
      for (const s of [step, step + 1]) {
        const angle = (2 * Math.PI * s) / CIRCLE_STEPS;
        const point = [...center];
        point[plane] += radius * Math.cos(angle);
        point[(plane + 1) % 3] += radius * Math.sin(angle);
        out.push(...point);
      }
  return out;
}
