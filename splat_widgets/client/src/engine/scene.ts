// Renderer, splats, camera: draws only when something changed. Knows neither widget nor interface, so it
// runs on a bare page.
import {
  Color,
  ColorManagement,
  Group,
  LinearSRGBColorSpace,
  type Object3D,
  PerspectiveCamera,
  Scene as ThreeScene,
  Vector3,
  WebGLRenderer,
} from "three";
import { applyPinhole, applyState, DEFAULT_CAMERA, sameState } from "../page/frames";
import type { CameraState } from "../page/state.gen";
import { decodeChunk, type SceneHeader } from "../page/wire";
import { type BlendBits, Blending } from "./blending";
import { type Capture, imageOf, scaled } from "./capture";
import { afterGpu } from "./fence";
import { Frustums } from "./frustums";
import type { Settings } from "./settings";
import { SplatMesh } from "./splatMesh";

// Colours are display values from end to end, as in 3D Gaussian Splatting.
ColorManagement.enabled = false;

const MAX_PIXEL_RATIO = 2;
const FRUSTUM_DEPTH = 0.09; // of the scene's radius

export type FrameReport = { frame: number; sortMs: number; frameMs: number };

export class WebGLMissing extends Error {}

export class Scene {
  readonly canvas: HTMLCanvasElement;
  readonly renderer: WebGLRenderer;
  header: SceneHeader | undefined;
  /** Called after the GPU has finished a frame. */
  onFrame: (report: FrameReport) => void = () => {};
  /** Called when drawing failed. */
  onError: (error: unknown) => void = () => {};
  onCamera: (state: CameraState) => void = () => {};
  frame = 0; // drawn so far
  /** What `set` has set. */
  settings: Settings = {
    display: "splats",
    splat_scale: 1,
    background: "#000000",
    show_cameras: true,
    photo_opacity: 0,
  };
  private readonly blending: Blending;
  private readonly world = new ThreeScene();
  private readonly overlays = new Group();
  private readonly camera = new PerspectiveCamera(50, 1, 0.01, 1e4);
  private state: CameraState = DEFAULT_CAMERA;
  private splats: SplatMesh | undefined;
  private frustums: Frustums | undefined;
  private readonly background = new Color(0x000000);
  private width = 1; // CSS px
  private height = 1;
  private changed = false; // since the last frame
  private scheduled = 0; // animation frame that will draw
  private busy = false; // the GPU is still at the last frame
  private disposed = false;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    const context = canvas.getContext("webgl2", {
      alpha: true,
      antialias: false,
      depth: false,
      premultipliedAlpha: true,
      powerPreference: "high-performance",
    });
    if (!context) throw new WebGLMissing("this browser gives no WebGL 2");
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.autoClear = true;
    this.renderer.setClearColor(this.background, 1);
    this.blending = new Blending(this.renderer);
    this.overlays.renderOrder = 2;
    this.world.add(this.overlays);
    this.world.matrixWorldAutoUpdate = false;
  }

  /** Index of the input camera at whose centre the view is, if any. */
  get standingAt(): number | undefined {
    return this.frustums?.standingAt(new Vector3().fromArray(this.state.position));
  }

  /** Whether there is a photo to lay over the splats where the view is. */
  get hasPhotoHere(): boolean {
    const index = this.standingAt;
    return index !== undefined && (this.frustums?.hasPhoto(index) ?? false);
  }

  /** Index of the input camera whose photo or centre is drawn at a point, if any. */
  cameraAt(x: number, y: number): number | undefined {
    if (!this.frustums) return undefined;
    applyState(this.camera, this.state, this.width / this.height);
    return this.frustums.hit(this.camera, x, y, this.width, this.height);
  }

  /** Starts an empty scene of the header's size; blocks follow with `add`. */
  begin(header: SceneHeader): void {
    this.clear();
    this.header = header;
    const limit = this.renderer.capabilities.maxTextureSize;
    this.splats = new SplatMesh(header.count, header.sh_degree, header.exact, limit);
    this.world.add(this.splats.object);
    if (header.cameras.length) {
      const { radius } = header.bounds;
      this.frustums = new Frustums(header.cameras, header.photos, {
        depth: FRUSTUM_DEPTH * radius,
        far: radius,
        changed: () => this.requestDraw(),
      });
      this.world.add(this.frustums.object);
    }
    this.applySettings();
    this.requestDraw();
  }

  /** Adds a chunk of the wire. */
  add(first: number, count: number, data: DataView | ArrayBuffer): void {
    if (!this.header || !this.splats) throw new Error("a chunk came before its scene");
    this.splats.write(decodeChunk(this.header, first, count, data));
    this.requestDraw();
  }

  get received(): number {
    return this.splats?.received ?? 0;
  }

  get sortMs(): number {
    return this.splats?.sortMs ?? 0;
  }

  /** Bits of each colour while splats are blended; 8 where the browser has no better. */
  get blendBits(): BlendBits {
    return this.blending.bits;
  }

  /** Bytes and objects that three holds on the GPU, for tests. */
  get memory(): { geometries: number; textures: number } {
    return this.renderer.info.memory;
  }

  clear(): void {
    for (const part of [this.splats, this.frustums]) {
      if (!part) continue;
      this.world.remove(part.object);
      part.dispose();
    }
    this.splats = undefined;
    this.frustums = undefined;
    this.header = undefined;
    this.requestDraw();
  }

  get cameraState(): CameraState {
    return this.state;
  }

  setCamera(state: CameraState): void {
    // Exactly: the last step of a flight may be tiny, and the view must arrive where it was sent.
    if (sameState(state, this.state, 0)) return;
    this.state = state;
    this.onCamera(state);
    this.requestDraw();
  }

  /** @param settings `background` is a colour, not "auto". */
  set(settings: Partial<Settings>): void {
    Object.assign(this.settings, settings);
    this.background.set(this.settings.background);
    this.applySettings();
    this.requestDraw();
  }

  private applySettings(): void {
    const { display, splat_scale, show_cameras, photo_opacity } = this.settings;
    this.splats?.setDisplay(display);
    this.splats?.setSplatScale(splat_scale);
    this.frustums?.set(show_cameras, photo_opacity);
  }

  /** Changes the splats, if there are any, and draws. */
  change(action: (splats: SplatMesh) => void): void {
    if (this.splats) action(this.splats);
    this.requestDraw();
  }

  /** Values of an attribute, one a splat. */
  setChannel(name: string, values: Float32Array): void {
    for (const texture of this.splats?.setChannel(name, values) ?? [])
      this.renderer.initTexture(texture);
    this.requestDraw();
  }

  /** The splats, what they are drawn from; undefined without a scene. */
  get mesh(): SplatMesh | undefined {
    return this.splats;
  }

  /** Puts something over the splats; returns a function that takes it away again. */
  overlay(object: Object3D): () => void {
    this.overlays.add(object);
    this.requestDraw();
    return () => {
      this.overlays.remove(object);
      this.requestDraw();
    };
  }

  /** The shown view as three's camera, for a picture of the shown size in CSS pixels, or of this aspect. */
  viewpoint(aspect = this.width / this.height): {
    camera: PerspectiveCamera;
    width: number;
    height: number;
    pixelRatio: number;
  } {
    applyState(this.camera, this.state, aspect);
    const { width, height } = this;
    return { camera: this.camera, width, height, pixelRatio: this.renderer.getPixelRatio() };
  }

  setSize(width: number, height: number, pixelRatio: number): void {
    this.width = Math.max(1, Math.round(width));
    this.height = Math.max(1, Math.round(height));
    this.renderer.setPixelRatio(Math.min(pixelRatio, MAX_PIXEL_RATIO));
    this.renderer.setSize(this.width, this.height, false);
    this.draw(); // a resized canvas is empty until it is drawn
  }

  /** Draws with the next animation frame, once the GPU is done with the last one. */
  requestDraw(): void {
    this.changed = true;
    if (this.scheduled || this.busy || this.disposed) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.draw();
    });
  }

  /** True if nothing is waiting to be drawn and the GPU is done. */
  get settled(): boolean {
    return !this.changed && !this.busy;
  }

  /** Draws at once. */
  draw(): void {
    if (this.disposed || this.renderer.getContext().isContextLost()) return;
    this.changed = false;
    const start = performance.now();
    try {
      applyState(this.camera, this.state, this.width / this.height);
      this.renderer.setClearColor(this.background, 1);
      this.blending.toCanvas(() => this.render(this.canvas.width, this.canvas.height));
    } catch (error) {
      this.onError(error);
      return;
    }
    this.frame++;
    this.busy = true;
    afterGpu(this.renderer.getContext() as WebGL2RenderingContext, () => {
      if (this.disposed) return;
      this.busy = false;
      const { frame, sortMs } = this;
      this.onFrame({ frame, sortMs, frameMs: performance.now() - start });
      if (this.changed) this.requestDraw();
    });
  }

  private render(width: number, height: number): void {
    this.splats?.sort(this.camera);
    this.overlays.updateMatrixWorld();
    const pixelRatio = height / this.height;
    this.splats?.setViewport(width, height, pixelRatio);
    this.frustums?.prepare(this.camera.position, pixelRatio);
    this.renderer.render(this.world, this.camera);
  }

  /** Draws off screen: RGBA with straight alpha, rows from the top. */
  capture({ width, height, camera, transparent = false, overlay = false }: Capture): ImageData {
    const marks = this.overlays.visible;
    try {
      if (this.frustums) this.frustums.object.visible = overlay;
      this.overlays.visible = overlay && marks;
      if (camera && "focal_px" in camera) applyPinhole(this.camera, scaled(camera, width, height));
      else applyState(this.camera, camera ?? this.state, width / height);
      this.renderer.setClearColor(transparent ? 0x000000 : this.background, transparent ? 0 : 1);
      const draw = () => this.render(width, height);
      return imageOf(this.blending.toPixels(width, height, draw), width, height);
    } finally {
      if (this.frustums) this.frustums.object.visible = true;
      this.overlays.visible = marks;
    }
  }

  /** Frees the GPU memory and the WebGL context: a page has only about 16. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    cancelAnimationFrame(this.scheduled);
    this.clear();
    this.blending.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}
