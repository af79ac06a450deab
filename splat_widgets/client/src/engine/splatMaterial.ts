// How three draws the splats: batches of quads, blended back to front, with the splats' textures.
import {
  CustomBlending,
  Float32BufferAttribute,
  GLSL3,
  InstancedBufferGeometry,
  OneFactor,
  OneMinusSrcAlphaFactor,
  RawShaderMaterial,
  type Texture,
  Vector2,
} from "three";
import { shRest } from "../page/wire";
import { DISPLAY, FRAGMENT, QUADS_PER_INSTANCE, VERTEX } from "./shaders";

/** Samplers of the shaders. */
export type SplatTextures = Record<
  | "order"
  | "centres"
  | "scales"
  | "quaternions"
  | "colours"
  | "harmonics"
  | "channels"
  | "marks"
  | "colourMap",
  Texture
>;

export function splatMaterial(degree: number, textures: SplatTextures): RawShaderMaterial {
  const values = {
    ...textures,
    viewport: new Vector2(1, 1),
    pixelRatio: 1,
    count: 0,
    display: DISPLAY.splats,
    splatScale: 1,
    pointRadius: 1.5,
    colourLayer: -1,
    colourRange: new Vector2(0, 1),
    colourLog: false,
    opacityScale: 1,
    opaque: false,
    isotropic: false,
    showMarks: true,
    oneColour: false,
  };
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    defines: { SH_DEGREE: degree, SH_REST: shRest(degree) },
    uniforms: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
    transparent: true,
    depthTest: false,
    depthWrite: false,
    blending: CustomBlending, // back to front, premultiplied
    blendSrc: OneFactor,
    blendDst: OneMinusSrcAlphaFactor,
  });
}

/** One instance: `QUADS_PER_INSTANCE` squares, each corner with the number of its quad. */
export function quadBatch(): InstancedBufferGeometry {
  const positions = new Float32Array(QUADS_PER_INSTANCE * 12);
  const index = new Uint32Array(QUADS_PER_INSTANCE * 6);
  for (let quad = 0; quad < QUADS_PER_INSTANCE; quad++) {
    positions.set([-1, -1, quad, 1, -1, quad, 1, 1, quad, -1, 1, quad], quad * 12);
    index.set(
      [0, 1, 2, 0, 2, 3].map((corner) => 4 * quad + corner),
      quad * 6,
    );
  }
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(positions, 3));
  geometry.setIndex([...index]);
  geometry.instanceCount = 0;
  return geometry;
}
