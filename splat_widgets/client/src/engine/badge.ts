// A number of constant size at a point of the world.
import {
  BufferGeometry,
  CanvasTexture,
  Float32BufferAttribute,
  GLSL3,
  Points,
  RawShaderMaterial,
  type Vector3,
} from "three";
import { h } from "../page/dom";

const SIZE_PX = 17; // CSS px across
const TEXTURE_PX = 64;

const VERTEX = /* glsl */ `
precision highp float;
in vec3 position;
uniform mat4 viewMatrix, projectionMatrix;
uniform float size;
void main() {
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
  gl_PointSize = size;
}
`;
const FRAGMENT = /* glsl */ `
precision highp float;
uniform sampler2D picture; // premultiplied
out vec4 colour;
void main() {
  colour = texture(picture, vec2(gl_PointCoord.x, 1.0 - gl_PointCoord.y));
}
`;

export class Badge {
  readonly object: Points<BufferGeometry, RawShaderMaterial>;
  private readonly texture: CanvasTexture;

  /** @param colour of the disc, #rrggbb. */
  constructor(text: string, colour: string, at: Vector3) {
    this.texture = new CanvasTexture(drawing(text, colour));
    this.texture.premultiplyAlpha = true;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new Float32BufferAttribute(at.toArray(), 3));
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: { size: { value: SIZE_PX }, picture: { value: this.texture } },
      transparent: true,
      premultipliedAlpha: true,
      depthTest: false,
      depthWrite: false,
    });
    this.object = new Points(geometry, material);
    this.object.frustumCulled = false;
    this.object.renderOrder = 3; // over the lines of all cameras
  }

  /** @param pixelRatio pixels of the drawing per CSS pixel. */
  setPixelRatio(pixelRatio: number): void {
    this.object.material.uniforms.size.value = SIZE_PX * pixelRatio;
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.object.material.dispose();
    this.texture.dispose();
  }
}

function drawing(text: string, colour: string): HTMLCanvasElement {
  const canvas = h("canvas", { width: TEXTURE_PX, height: TEXTURE_PX });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const middle = TEXTURE_PX / 2;
  context.beginPath();
  context.arc(middle, middle, middle - 3, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 4;
  context.strokeStyle = "#ffffff";
  context.stroke();
  context.fillStyle = "#10151c"; // on all four colours of the cameras more than 4.5 : 1
  context.font = `bold ${text.length > 1 ? 32 : 40}px sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, middle, middle + 2);
  return canvas;
}
