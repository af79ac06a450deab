// The viewer as a person sees it: picture, controls, status, messages. It does not know the widget,
// so a notebook cell and a page without a kernel use the same panel.
import { Vector3 } from "three";
import type { Capture } from "../engine/capture";
import { fit, OrbitControls } from "../engine/controls";
import { Scene, WebGLMissing } from "../engine/scene";
import type { Display } from "../engine/shaders";
import { Cleanup, h, style } from "../page/dom";
import { stateOf } from "../page/frames";
import type { CameraState, SceneHeader, ViewerStatus } from "../page/state.gen";
import surfaceCss from "../page/surface.css";
import { followTheme, isDark } from "../page/theme";
import { hexColour } from "./colour";
import { Overlay } from "./overlay";
import css from "./style.css";
import { Toolbar } from "./toolbar";

const HINT_BEFORE = "Click, then scroll to zoom";
const HINT_DURING = "Scroll to zoom; Esc gives the wheel back to the page";
const CLICK_PX = 4; // a pointer that moved farther was dragging
const NO_WEBGL =
  "This browser offers no WebGL 2, which the viewer needs.\n" +
  "Turn on hardware acceleration in its settings, or open the notebook in a current Chrome, Firefox or Safari.";
const WAITING = "Waiting for the kernel…";
const NO_KERNEL = "The kernel is gone. Run the cell again.";
const CONTEXT_LOST = "The browser has taken back the graphics memory of this view.";

/** "drawing": all splats arrived, but the GPU has not drawn them yet; the owner sees "loading". */
type Phase = ViewerStatus["phase"] | "drawing";

export type PanelEvents = {
  /** The person changed one of these; the owner may store it. */
  camera(state: CameraState): void;
  display(display: Display): void;
  splatScale(scale: number): void;
  background(css: string): void;
  showCameras(show: boolean): void;
  status(status: Omit<ViewerStatus, "view">): void;
};

export class Panel {
  readonly root: HTMLElement;
  private readonly stage: HTMLElement;
  private readonly overlay = new Overlay();
  private readonly toolbar: Toolbar;
  private readonly cleanup = new Cleanup();
  private scene: Scene | undefined;
  private sceneCleanup = new Cleanup();
  private blocks: { first: number; count: number; data: DataView | ArrayBuffer }[] = [];
  private pressed = { x: 0, y: 0 };
  private shown = false; // has a size, so it is in a document
  private home: CameraState | undefined; // where `reset` goes
  private background = "auto";
  private phase: Phase = "waiting";
  private problem = "";
  private waiting = "";
  private frames = { frame: 0, sortMs: 0, frameMs: 0 };
  private settings = { display: "splats" as Display, splatScale: 1, showCameras: true };
  private camera: CameraState | undefined;

  constructor(
    el: HTMLElement,
    private readonly events: PanelEvents,
  ) {
    style(el, "surface", surfaceCss);
    style(el, "viewer", css);
    this.toolbar = new Toolbar({
      reset: () => this.reset(),
      fit: () => this.fit(),
      flyTo: (camera) => this.flyTo(camera),
      display: (display) => events.display(this.setDisplay(display)),
      splatScale: (scale) => events.splatScale(this.setSplatScale(scale)),
      background: (colour) => events.background(this.setBackground(colour)),
      showCameras: (show) => events.showCameras(this.setShowCameras(show)),
      save: () => void this.saveToDisk(),
      fullscreen: () => this.toggleFullscreen(),
    });
    this.stage = h("div", { class: "sw-stage" }, ...this.overlay.elements);
    this.root = h(
      "div",
      {
        class: "sw-viewer",
        role: "region",
        "aria-label": "3D Gaussian viewer",
      },
      this.stage,
      this.toolbar.element,
    );
    el.append(this.root);
    this.cleanup.on(this.root, "keydown", (event: KeyboardEvent) => this.key(event));
    this.cleanup.add(followTheme(this.root, () => this.applyBackground()));
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.stage);
    this.cleanup.add(() => sizes.disconnect());
    this.toolbar.setDisplay("splats");
    this.toolbar.setShowCameras(true);
    this.applyBackground();
    this.overlay.show("Waiting for a scene");
    this.setPhase("waiting");
    this.start();
  }

  /** Called when another `Scene` draws, or when it has begun with another header. */
  onScene: (scene: Scene) => void = () => {};
  /** Asked before a drag or click turns the camera: true takes the gesture away from it. */
  takesPointer: (event: PointerEvent | MouseEvent) => boolean = () => false;
  /** Called with a click that nothing else has taken, CSS px in the picture. */
  onClick: (x: number, y: number, event: MouseEvent) => void = () => {};

  /** What fills the screen in full screen, if that is more than the viewer. */
  frame: HTMLElement | undefined;

  /** Where overlays of the picture go; as large as it. */
  get picture(): HTMLElement {
    return this.stage;
  }

  /** The scene, for tests and measurements. */
  get inner(): Scene | undefined {
    return this.scene;
  }

  /** Takes a new scene's header, or none for an empty viewer. */
  begin(header: SceneHeader | null): void {
    this.blocks = [];
    if (this.phase === "error" && !this.scene) return;
    this.scene?.clear();
    this.toolbar.setCameras(header?.cameras.length ?? 0);
    if (!header || header.count === 0) {
      this.home = header?.camera;
      this.overlay.setProgress(1);
      this.overlay.show(header ? "This scene has no Gaussians" : "No scene to show yet");
      this.setPhase("empty");
      if (this.scene) this.onScene(this.scene);
      return;
    }
    this.home = header.camera;
    this.guard(() => {
      this.scene?.begin(header);
      if (this.scene) this.onScene(this.scene);
      this.overlay.show("");
      this.overlay.setProgress(0);
      this.setPhase("loading");
    });
  }

  /** Takes a chunk of the scene; keeps it to be able to start again after a lost context. */
  add(first: number, count: number, data: DataView | ArrayBuffer): void {
    this.blocks.push({ first, count, data });
    this.guard(() => {
      this.scene?.add(first, count, data);
      this.afterBlock();
    });
  }

  private afterBlock(): void {
    const { received, header } = this.scene ?? { received: 0, header: undefined };
    if (!header) return;
    this.overlay.setProgress(received / header.count);
    this.setPhase(received < header.count ? "loading" : "drawing");
  }

  setCamera(state: CameraState): void {
    this.camera = state;
    this.scene?.setCamera(state);
  }

  setDisplay(display: Display): Display {
    this.settings.display = display;
    this.toolbar.setDisplay(display);
    this.scene?.setDisplay(display);
    return display;
  }

  setSplatScale(scale: number): number {
    this.settings.splatScale = scale;
    this.toolbar.setSplatScale(scale);
    this.scene?.setSplatScale(scale);
    return scale;
  }

  setBackground(colour: string): string {
    this.background = colour;
    this.applyBackground();
    return colour;
  }

  setShowCameras(show: boolean): boolean {
    this.settings.showCameras = show;
    this.toolbar.setShowCameras(show);
    this.scene?.setShowCameras(show);
    return show;
  }

  setHeight(px: number): void {
    this.stage.style.height = `${px}px`;
  }

  /** Says that the kernel is silent, or says so no more. */
  setWaiting(waiting: boolean): void {
    this.waiting = waiting ? WAITING : "";
    this.showStatus();
  }

  /** Says that the kernel is gone; what has arrived stays. */
  setDisconnected(): void {
    this.waiting = NO_KERNEL;
    this.showStatus();
  }

  /** Shows an error over the picture; it stays until another scene comes. */
  fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    console.error(error);
    this.problem = text;
    this.overlay.show(text, { alert: true });
    this.setPhase("error");
  }

  async capture(options: Partial<Capture>): Promise<Blob> {
    if (!this.scene) throw new Error(this.problem || "there is no picture to take");
    const { width, height } = this.scene.canvas;
    const size = { width: options.width ?? width, height: options.height ?? height };
    const image = this.scene.capture({ ...options, ...size });
    const canvas = h("canvas", { width: image.width, height: image.height });
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    return new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG was made")))),
    );
  }

  dispose(): void {
    this.overlay.dispose();
    this.cleanup.run();
    this.stop();
    this.blocks = [];
    this.root.remove();
  }

  private start(): void {
    const canvas = h("canvas", {
      class: "sw-canvas",
      tabindex: 0,
      role: "img",
      "aria-label":
        "3D view. Arrow keys turn, shift and arrow keys move, plus and minus zoom, R resets, F fits, 1 to 3 change the display, Escape leaves.",
    });
    try {
      this.scene = new Scene(canvas);
    } catch (error) {
      this.fail(error instanceof WebGLMissing ? new Error(NO_WEBGL) : error);
      return;
    }
    const { scene } = this;
    this.stage.prepend(canvas);
    scene.onError = (error) => this.fail(error);
    scene.onFrame = (report) => this.drawn(report);
    if (this.camera) scene.setCamera(this.camera);
    scene.setDisplay(this.settings.display);
    scene.setSplatScale(this.settings.splatScale);
    scene.setShowCameras(this.settings.showCameras);
    scene.onCamera = (state) => {
      this.camera = state;
      this.events.camera(state);
    };
    const controls = new OrbitControls(
      canvas,
      () => scene.cameraState,
      (state) => scene.setCamera(state),
      (event) => this.takesPointer(event),
    );
    const clean = this.sceneCleanup;
    clean.add(
      () => canvas.remove(),
      () => scene.dispose(),
      () => controls.dispose(),
    );
    clean.on(canvas, "webglcontextlost", (event: Event) => this.lost(event));
    clean.on(canvas, "webglcontextrestored", () => this.restart());
    clean.on(canvas, "wheel", () => {
      if (!canvas.matches(":focus")) this.overlay.showHint(HINT_BEFORE);
    });
    clean.on(canvas, "focus", () => this.overlay.showHint(HINT_DURING));
    clean.on(canvas, "blur", () => this.overlay.hideHint());
    clean.on(canvas, "pointerdown", ({ clientX: x, clientY: y }: PointerEvent) => {
      this.pressed = { x, y };
    });
    clean.on(canvas, "click", (event: MouseEvent) => this.click(event));
    this.applyBackground();
    this.resize();
  }

  private stop(): void {
    this.sceneCleanup.run();
    this.sceneCleanup = new Cleanup();
    this.scene = undefined;
  }

  private lost(event: Event): void {
    event.preventDefault(); // the browser may give it back
    this.problem = CONTEXT_LOST;
    this.overlay.show(CONTEXT_LOST, { action: "Show again", run: () => this.restart() });
    this.setPhase("lost");
  }

  // A new canvas and renderer with the data that the page still has.
  private restart(): void {
    const header = this.scene?.header;
    const blocks = this.blocks;
    this.stop();
    this.problem = "";
    this.phase = "waiting";
    this.start();
    this.begin(header ?? null);
    for (const { first, count, data } of blocks) this.add(first, count, data);
  }

  private drawn(report: typeof this.frames): void {
    this.frames = report;
    this.root.dataset.frame = String(report.frame);
    const all = this.scene?.header && this.scene.received === this.scene.header.count;
    const done = all && (this.phase === "drawing" || this.phase === "ready");
    this.setPhase(done ? "ready" : this.phase);
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return;
    if (!this.shown) {
      // Themes and styles have values only in a document, and a view may be built before it is in one.
      this.shown = true;
      this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
      this.applyBackground();
    }
    this.guard(() => this.scene?.setSize(width, height, devicePixelRatio));
  }

  private applyBackground(): void {
    const fallback = this.root.dataset.theme === "light" ? "#eceef1" : "#15171a"; // as in style.css
    const theme = getComputedStyle(this.root).getPropertyValue("--sw-picture").trim();
    const colour = this.background === "auto" ? theme || fallback : this.background;
    const hex = hexColour(colour);
    this.scene?.setBackground(hex);
    this.stage.style.background = hex;
    this.toolbar.setBackground(hex);
  }

  private reset(): void {
    if (this.home) this.scene?.setCamera(this.home);
  }

  private fit(): void {
    const bounds = this.scene?.header?.bounds;
    if (bounds) this.scene?.setCamera(fit(this.scene.cameraState, bounds));
  }

  private flyTo(index: number): void {
    const header = this.scene?.header;
    const camera = header?.cameras[index];
    if (!header || !camera || !this.scene) return;
    const { target, position } = header.camera;
    const depth = new Vector3().fromArray(target).distanceTo(new Vector3().fromArray(position));
    this.scene.setCamera(stateOf(camera, depth));
  }

  // A click on the tip of a camera's pyramid flies there; a drag does not count as a click.
  private click(event: MouseEvent): void {
    const { x, y } = this.pressed;
    if (Math.hypot(event.clientX - x, event.clientY - y) > CLICK_PX) return;
    const index = this.scene?.cameraAt(event.offsetX, event.offsetY);
    if (this.takesPointer(event)) return;
    if (index !== undefined) this.flyTo(index);
    else this.onClick(event.offsetX, event.offsetY, event);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return; // the notebook still saves and runs
    // JupyterLab must not take keys that are typed here as its shortcuts (D D deletes the cell).
    event.stopPropagation();
    if (event.altKey) return;
    if (event.target instanceof HTMLInputElement) return;
    const displays: Record<string, Display> = { 1: "splats", 2: "points", 3: "ellipsoids" };
    const key = event.key.toLowerCase();
    if (key === "r") this.reset();
    else if (key === "f") this.fit();
    else if (displays[key]) this.events.display(this.setDisplay(displays[key]));
    else return;
    event.preventDefault();
  }

  private toggleFullscreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else
      (this.frame ?? this.root)
        .requestFullscreen?.()
        .catch((error: unknown) => console.warn(error));
  }

  private async saveToDisk(): Promise<void> {
    try {
      const url = URL.createObjectURL(await this.capture({ overlay: true }));
      h("a", { href: url, download: "splats.png" }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      this.fail(error);
    }
  }

  private setPhase(phase: Phase): void {
    this.phase = phase;
    if (phase !== "error" && phase !== "lost") this.problem = "";
    const header = this.scene?.header;
    const count = header?.count ?? 0;
    const received = this.scene?.received ?? 0;
    this.root.dataset.phase = phase;
    this.root.toggleAttribute("data-ready", phase === "ready");
    this.showStatus();
    this.events.status({
      phase: phase === "drawing" ? "loading" : phase,
      scene: header?.scene ?? "",
      received,
      count,
      frame: this.frames.frame,
      sort_ms: this.frames.sortMs,
      frame_ms: this.frames.frameMs,
      error: this.problem,
    });
  }

  private showStatus(): void {
    const count = this.scene?.header?.count ?? 0;
    const ms = this.frames.frameMs;
    const number = new Intl.NumberFormat("en");
    const words: Partial<Record<Phase, string>> = {
      loading: `${number.format(this.scene?.received ?? 0)} of ${number.format(count)} splats`,
      drawing: `${number.format(count)} splats`,
      ready: `${number.format(count)} splats · ${ms < 9.95 ? ms.toFixed(1) : ms.toFixed(0)} ms per frame`,
    };
    this.toolbar.setStatus([this.waiting, words[this.phase]].filter(Boolean).join(" · "));
  }
}
