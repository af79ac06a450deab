// Where splats are blended: in floating point, rounded to 8 bits once, when the picture is done. In 8 bits
// every splat rounds what lies behind it; a hundred in a row are then off by one to two per cent.
//
// Colours are blended as display values and premultiplied, as `rendering/splatting.py` does it.
import {
  BufferGeometry,
  Camera,
  Float32BufferAttribute,
  FloatType,
  GLSL3,
  HalfFloatType,
  Mesh,
  NearestFilter,
  NoBlending,
  RawShaderMaterial,
  type TextureDataType,
  UnsignedByteType,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";

/** Bits of each colour while splats are blended. */
export type BlendBits = 8 | 16 | 32;

const TYPES: Record<BlendBits, TextureDataType> = {
  8: UnsignedByteType,
  16: HalfFloatType,
  32: FloatType,
};

// A processor blends 32 bits faster than 16, which it has to convert; a graphics card does not.
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

const RESOLVE_VERTEX = /* glsl */ `
in vec3 position;
void main() { gl_Position = vec4(position, 1.0); }
`;
const RESOLVE_FRAGMENT = /* glsl */ `
precision highp float;
uniform highp sampler2D blended; // premultiplied
uniform bool straight;           // divide by alpha
out vec4 colour;
void main() {
  colour = texelFetch(blended, ivec2(gl_FragCoord.xy), 0);
  if (straight) colour.rgb /= max(colour.a, 1e-6);
}
`;

export class Blending {
  readonly bits: BlendBits;
  private target: WebGLRenderTarget | undefined; // of the canvas, as large as it was last
  private readonly resolve: Mesh<BufferGeometry, RawShaderMaterial>;
  private readonly camera = new Camera(); // three wants one; the triangle needs none

  constructor(private readonly renderer: WebGLRenderer) {
    const geometry = new BufferGeometry(); // a triangle that covers the picture
    const corners = [-1, -1, 0, 3, -1, 0, -1, 3, 0];
    geometry.setAttribute("position", new Float32BufferAttribute(corners, 3));
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: RESOLVE_VERTEX,
      fragmentShader: RESOLVE_FRAGMENT,
      uniforms: { blended: { value: null }, straight: { value: false } },
      depthTest: false,
      depthWrite: false,
      blending: NoBlending,
    });
    this.resolve = new Mesh(geometry, material);
    this.resolve.frustumCulled = false;
    this.bits = usableBits(renderer);
  }

  /** Draws on the canvas. */
  toCanvas(draw: () => void): void {
    if (this.bits === 8) {
      draw();
      return;
    }
    const { width, height } = this.renderer.domElement;
    this.target ??= target(width, height, this.bits);
    this.target.setSize(width, height);
    this.blend(this.target, null, false, draw);
  }

  /** Draws off screen: RGBA with straight alpha, rows from the bottom up. */
  toPixels(width: number, height: number, draw: () => void): Uint8Array {
    const blended = target(width, height, this.bits);
    const rounded = target(width, height, 8);
    const bytes = new Uint8Array(4 * width * height);
    try {
      this.blend(blended, rounded, true, draw);
      this.renderer.readRenderTargetPixels(rounded, 0, 0, width, height, bytes);
    } finally {
      blended.dispose();
      rounded.dispose();
    }
    return bytes;
  }

  dispose(): void {
    this.target?.dispose();
    this.resolve.geometry.dispose();
    this.resolve.material.dispose();
  }

  private blend(
    blended: WebGLRenderTarget,
    rounded: WebGLRenderTarget | null, // null for the canvas
    straight: boolean,
    draw: () => void,
  ): void {
    const { renderer, resolve, camera } = this;
    const { uniforms } = resolve.material;
    try {
      renderer.setRenderTarget(blended);
      draw();
      renderer.setRenderTarget(rounded);
      uniforms.blended.value = blended.texture;
      uniforms.straight.value = straight;
      renderer.render(resolve, camera);
    } finally {
      renderer.setRenderTarget(null);
    }
  }
}

function target(width: number, height: number, bits: BlendBits): WebGLRenderTarget {
  return new WebGLRenderTarget(width, height, {
    type: TYPES[bits],
    depthBuffer: false,
    minFilter: NearestFilter,
    magFilter: NearestFilter,
  });
}

// The bits that this browser can blend in, the best first.
function usableBits(renderer: WebGLRenderer): BlendBits {
  const gl = renderer.getContext() as WebGL2RenderingContext;
  const has = (name: string) => gl.getExtension(name) !== null;
  const isSoftware = SOFTWARE.test(nameOf(gl));
  if (isSoftware && has("EXT_color_buffer_float") && has("EXT_float_blend") && works(renderer, 32))
    return 32;
  const isHalf = has("EXT_color_buffer_float") || has("EXT_color_buffer_half_float");
  return isHalf && works(renderer, 16) ? 16 : 8;
}

function nameOf(gl: WebGL2RenderingContext): string {
  const own = String(gl.getParameter(gl.RENDERER)); // Firefox tells here, and warns of the extension
  const info = own.startsWith("WebKit") && gl.getExtension("WEBGL_debug_renderer_info");
  return info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL)) : own;
}

// A driver may name an extension and still refuse to draw with it.
function works(renderer: WebGLRenderer, bits: BlendBits): boolean {
  const gl = renderer.getContext();
  const tried = target(1, 1, bits);
  renderer.setRenderTarget(tried);
  const isComplete = gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
  renderer.setRenderTarget(null);
  tried.dispose();
  return isComplete;
}
