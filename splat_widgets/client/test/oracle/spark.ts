// Draws Gaussians with Spark, set to blend as 3D Gaussian Splatting trains: no opacity
// compensation, 0.3 px² added, sorted along the viewing axis, float32 centres.
import { ExtSplats, SparkRenderer, SplatMesh, utils } from "@sparkjsdev/spark";
import {
  BufferAttribute,
  Color,
  InstancedBufferGeometry,
  Matrix4,
  PerspectiveCamera,
  Scene,
  type ShaderMaterial,
  WebGLRenderer,
} from "three";

type Pinhole = {
  T_world_camera: number[];
  focal_px: number;
  principal_point_px: [number, number];
  width: number;
  height: number;
};

export type Splats = {
  count: number;
  means: Float32Array;
  scales: Float32Array;
  quaternions: Float32Array; // wxyz
  opacities: Float32Array;
  rgb: Float32Array;
  sh: Float32Array; // (count, (degree + 1)² - 1, 3)
  degree: number;
};

export type Options = { maxStdDev?: number; minAlpha?: number; batched?: boolean };

const ROW = 2048; // Spark cuts arrays to whole rows

/** One scene in Spark on one canvas. Cameras are in the OpenCV frame of the Gaussians. */
export class SparkScene {
  readonly renderer: WebGLRenderer;
  private readonly world = new Scene();
  private readonly camera = new PerspectiveCamera();
  // biome-ignore lint/suspicious/noExplicitAny: its sorting state is not in its declared types
  private readonly spark: any;
  private mesh: SplatMesh;

  constructor(
    canvas: HTMLCanvasElement,
    source: Splats | { ply: Uint8Array<ArrayBuffer> },
    options: Options,
  ) {
    this.renderer = new WebGLRenderer({ canvas, antialias: false, preserveDrawingBuffer: true });
    this.renderer.setClearColor(new Color(0), 0);
    this.spark = new SparkRenderer({
      renderer: this.renderer,
      accumExtSplats: true,
      enableLod: false,
      sortRadial: false,
      preBlurAmount: 0.3,
      blurAmount: 0,
      minSortIntervalMs: 0,
      onDirty: () => {},
      ...(options.maxStdDev !== undefined && { maxStdDev: options.maxStdDev }),
      ...(options.minAlpha !== undefined && { minAlpha: options.minAlpha }),
    });
    if (options.batched ?? true) drawInBatches(this.spark);
    this.world.add(this.spark);
    this.mesh =
      "ply" in source
        ? new SplatMesh({ fileBytes: source.ply, fileName: "scene.ply", extSplats: true })
        : new SplatMesh({ extSplats: pack(source) });
    this.mesh.quaternion.set(1, 0, 0, 0); // OpenCV axes to three's: half a turn about x
    this.world.add(this.mesh);
  }

  /** Draws until the picture is that of a finished sort for this camera. */
  async draw(camera: Pinhole): Promise<void> {
    await this.mesh.initialized;
    place(this.camera, camera);
    this.renderer.setSize(camera.width, camera.height, false);
    // The first drawing starts a sort for the new camera; what comes after it is drawn again.
    for (let settled = false; !settled; ) {
      this.renderer.render(this.world, this.camera);
      await this.sorted();
      settled = !this.spark.sortDirty && this.spark.activeSplats > 0;
    }
    this.renderer.render(this.world, this.camera);
  }

  /** RGBA, premultiplied, rows from the bottom. */
  pixels(): Uint8Array {
    const gl = this.renderer.getContext();
    const bytes = new Uint8Array(gl.drawingBufferWidth * gl.drawingBufferHeight * 4);
    gl.readPixels(
      0,
      0,
      gl.drawingBufferWidth,
      gl.drawingBufferHeight,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      bytes,
    );
    return bytes;
  }

  /** Moves the camera without drawing. */
  place(camera: Pinhole): void {
    place(this.camera, camera);
  }

  /** Resolves when the sort that the last drawing started is done. */
  async sorted(): Promise<void> {
    do await new Promise((resume) => setTimeout(resume, 2));
    while (this.spark.sorting);
  }

  /** Draws once, for timing; starts a sort if the camera has moved. */
  frame(): void {
    this.renderer.render(this.world, this.camera);
  }

  /** What it has read, after its own decoding: means, scales, quaternions xyzw, opacity, rgb. */
  async splats(): Promise<number[][]> {
    await this.mesh.initialized;
    const rows: number[][] = [];
    this.mesh.forEachSplat((_, c, s, q, opacity, rgb) => {
      rows.push([...c.toArray(), ...s.toArray(), ...q.toArray(), opacity, rgb.r, rgb.g, rgb.b]);
    });
    return rows;
  }

  dispose(): void {
    this.mesh.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}

// The same matrices as any OpenGL textbook's, built here on purpose and not shared with the viewer.
function place(view: PerspectiveCamera, camera: Pinhole): void {
  const flip = new Matrix4().makeScale(1, -1, -1);
  const pose = new Matrix4().fromArray(camera.T_world_camera).transpose();
  pose.premultiply(flip).multiply(flip).decompose(view.position, view.quaternion, view.scale);
  view.updateMatrixWorld();
  const { focal_px: f, width: w, height: h } = camera;
  const [cx, cy] = camera.principal_point_px;
  const [near, far] = [0.01, 1000];
  view.projectionMatrix.set(
    ...([(2 * f) / w, 0, 1 - (2 * cx) / w, 0] as const),
    ...([0, (2 * f) / h, (2 * cy) / h - 1, 0] as const),
    ...([0, 0, -(far + near) / (far - near), (-2 * far * near) / (far - near)] as const),
    ...([0, 0, -1, 0] as const),
  );
  view.projectionMatrixInverse.copy(view.projectionMatrix).invert();
}

function pack(s: Splats): ExtSplats {
  const padded = Math.ceil(s.count / ROW) * ROW;
  const arrays = () => new Uint32Array(padded * 4);
  const extArrays: [Uint32Array, Uint32Array] = [arrays(), arrays()];
  // biome-ignore lint/suspicious/noExplicitAny: `utils` is exported without types
  const { encodeExtSplat } = utils as any;
  for (let i = 0; i < s.count; i++) {
    const [w, x, y, z] = s.quaternions.subarray(4 * i, 4 * i + 4);
    encodeExtSplat(
      extArrays,
      i,
      ...s.means.subarray(3 * i, 3 * i + 3),
      ...s.scales.subarray(3 * i, 3 * i + 3),
      ...[x, y, z, w],
      s.opacities[i],
      ...s.rgb.subarray(3 * i, 3 * i + 3),
    );
  }
  const extra: Record<string, Uint32Array> = {};
  const rest = (s.degree + 1) ** 2 - 1;
  // Where Spark keeps coefficient k: the array and the word.
  const places = [
    ...[0, 1, 2, 3].map((word) => ["sh1", word] as const),
    ...[0, 1, 2, 3].map((word) => ["sh2", word] as const),
    ...[0, 1, 2, 3].map((word) => ["sh3a", word] as const),
    ...[0, 1, 2].map((word) => ["sh3b", word] as const),
  ];
  for (let k = 0; k < rest; k++) {
    const [name, word] = places[k];
    extra[name] ??= arrays();
    for (let i = 0; i < s.count; i++) {
      const at = 3 * (i * rest + k);
      extra[name][4 * i + word] = sharedExponent(s.sh[at], s.sh[at + 1], s.sh[at + 2]);
    }
  }
  return new ExtSplats({ extArrays, numSplats: s.count, extra });
}

// Spark's own encoder takes the floor of the exponent and so cuts every value above that power of
// two; its decoder is right. The ceiling loses nothing.
function sharedExponent(r: number, g: number, b: number): number {
  const largest = Math.max(Math.abs(r), Math.abs(g), Math.abs(b), 2 ** -15);
  const exponent = Math.max(0, Math.min(31, Math.ceil(Math.log2(largest)) + 15));
  const unit = 2 ** (exponent - 15) / 255;
  const [ur, ug, ub] = [r, g, b].map((v) => Math.min(255, Math.round(Math.abs(v) / unit)));
  const signs = (r < 0 ? 1 : 0) | (g < 0 ? 2 : 0) | (b < 0 ? 4 : 0);
  return (ur | (ug << 8) | (ub << 16) | (((exponent << 3) | signs) << 24)) >>> 0;
}

// Software GL pays 20-40 us for every instance, and Spark draws one splat in each. The picture is
// the same, bit for bit, with many quads in an instance.
// biome-ignore lint/suspicious/noExplicitAny: reaches into Spark's geometry and shader
function drawInBatches(spark: any, quads = 256): void {
  const positions = new Float32Array(quads * 12);
  const index = new Uint32Array(quads * 6);
  for (let i = 0; i < quads; i++) {
    positions.set([-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, 1, 0], 12 * i);
    index.set(
      [0, 1, 2, 0, 2, 3].map((corner) => 4 * i + corner),
      6 * i,
    );
  }
  const material = spark.material as ShaderMaterial;
  const total = { value: 0 };
  material.uniforms.batchedSplats = total;
  const main = "void main() {";
  const [head, body] = material.vertexShader.split(main);
  material.vertexShader = `${head}uniform int batchedSplats;
${main}
  int batchedInstance = gl_InstanceID * ${quads} + gl_VertexID / 4;
  if (batchedInstance >= batchedSplats) { gl_Position = vec4(0.0, 0.0, 2.0, 1.0); return; }
${body.replaceAll("gl_InstanceID", "batchedInstance")}`;
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setIndex(new BufferAttribute(index, 1));
  let instances = 0;
  Object.defineProperty(geometry, "instanceCount", {
    get: () => instances,
    set: (count: number) => {
      total.value = count;
      instances = Math.ceil(count / quads);
    },
  });
  spark.geometry = geometry;
}
