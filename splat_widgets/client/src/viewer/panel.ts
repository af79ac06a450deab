// The viewer as a person sees it: picture, controls, status, messages. It does not know the widget,
// so a notebook cell and a page without a kernel use the same panel.
import type { Capture } from "../engine/capture";
import type { FrameReport, Scene } from "../engine/scene";
import type { Settings } from "../engine/settings";
import { wireAt } from "../engine/surface";
import { h, Owner, style } from "../page/dom";
import { downloads, kernel, kernelGone } from "../page/host";
import type { CameraState, Measured, SceneHeader, ViewerStatus } from "../page/state.gen";
import surfaceCss from "../page/surface.css";
import { followTheme, isDark } from "../page/theme";
import type { Vec3 } from "../page/wire";
import { hexColour } from "./colour";
import { Doubt } from "./doubt";
import { Drawing } from "./drawing";
import type { Note } from "./notes";
import { Overlay } from "./overlay";
import { download, pngOf } from "./picture";
import { Status } from "./status";
import css from "./style.css";
import { Toolbar } from "./toolbar";
import { Tools } from "./tools";

const COARSE =
  "This browser blends the splats in 8 bits, so colours may be a few per cent off what render() gives.";
const CONTEXT_LOST = "The browser has taken back the graphics memory of this view.";

/** What the owner may store. */
export type PanelEvents = {
  camera(state: CameraState): void;
  /** The person changed these. */
  settings(chosen: Partial<Settings>): void;
  measured(measured: Measured | null): void;
  /** Scales the scene to the true length of a line, m; left out on a page without a kernel. */
  known?(points: Vec3[], metres: number): void;
  /** The person kept views, or took some away. */
  saved(cameras: CameraState[]): void;
  showPredicted(predicted: boolean): void;
  readPlain(plain: boolean): void;
  status(status: Omit<ViewerStatus, "view">): void;
};

export class Panel extends Owner {
  readonly root: HTMLElement;
  /** Where overlays of the picture go; as large as it. */
  readonly picture: HTMLElement;
  /** Called when another `Scene` draws, or when it has begun with another header. */
  onScene: (scene: Scene) => void = () => {};
  /** Called with every state of the camera, as it moves. */
  onCamera: (state: CameraState) => void = () => {};
  /** Asked before a drag or click turns the camera: true takes the gesture away from it. */
  takesPointer: (event: PointerEvent | MouseEvent) => boolean = () => false;
  /** Called with a click that nothing else has taken, CSS px in the picture. */
  onClick: (x: number, y: number, event: MouseEvent) => void = () => {};
  /** The splat that covers most of a point of the picture; the owner may know of hidden ones. */
  wireAt: (x: number, y: number) => number | undefined = (x, y) =>
    this.inner && wireAt(this.inner, x, y);
  /** What fills the screen in full screen, if that is more than the viewer. */
  frame: HTMLElement | undefined;
  /** What is written over the picture. */
  readonly notes = new Set<Note>();
  private readonly overlay = new Overlay();
  private readonly toolbar: Toolbar;
  private readonly doubt: Doubt;
  private readonly drawing: Drawing;
  private readonly tools: Tools;
  private readonly status: Status;
  private saved: readonly CameraState[] = []; // views that the person kept
  private shown = false; // has a size, so it is in a document
  private settings: Settings = {
    display: "splats",
    splat_scale: 1,
    background: "auto",
    show_cameras: true,
    photo_opacity: 0,
  };

  constructor(
    el: HTMLElement,
    private readonly events: PanelEvents,
  ) {
    super();
    style(el, "surface", surfaceCss);
    style(el, "viewer", css);
    this.tools = new Tools({
      scene: () => this.inner,
      reset: () => this.drawing.reset(),
      fit: () => this.drawing.fit(),
      choose: (settings) => this.choose(settings),
      wireAt: (x, y) => this.wireAt(x, y),
      measured: (measured) => this.measured(measured),
      known: events.known,
      place: (photo) => this.toolbar.setPlace(photo),
      measuring: (active, hint) => this.showTool(active, hint),
    });
    this.toolbar = new Toolbar({
      reset: () => this.drawing.reset(),
      fit: () => this.drawing.fit(),
      flyTo: (camera) => this.drawing.flyTo(camera),
      choose: (settings) => this.choose(settings),
      showPredicted: (predicted) => events.showPredicted(predicted),
      saveCamera: () => this.saveCamera(),
      flyToSaved: (index) => this.saved[index] && this.drawing.flyToState(this.saved[index]),
      forgetCameras: (which) => this.keep(which === "all" ? [] : this.saved.slice(0, -1)),
      measure: (active) => this.tools.measure.setActive(active),
      save: () => void this.saveToDisk(),
      fullscreen: () => this.toggleFullscreen(),
    });
    this.doubt = new Doubt((plain) => events.readPlain(plain));
    this.picture = h(
      "div",
      { class: "sw-stage" },
      ...this.tools.elements,
      ...this.overlay.elements,
    );
    this.root = h(
      "div",
      { class: "sw-viewer", role: "region", "aria-label": "3D Gaussian viewer" },
      this.picture,
      this.doubt.element,
      this.toolbar.element,
    );
    this.status = new Status(this.root, {
      scene: () => this.inner,
      changed: (status) => events.status(status),
      said: (text) => this.toolbar.setStatus(text),
    });
    this.drawing = new Drawing(this.picture, this.overlay, {
      scene: (scene) => this.onScene(scene),
      frame: (report) => this.drawn(report),
      camera: (state) => {
        events.camera(state);
        this.onCamera(state);
      },
      takesPointer: (event) => this.takesPointer(event),
      click: (event) => this.click(event),
      lost: () => this.lost(),
      restored: () => this.restart(),
      failed: (error) => this.fail(error),
    });
    this.tools.listen(this.root, this.picture);
    this.cleanup.on(this.picture, "focusin", () => this.status.dropHint());
    this.notes.add(this.tools.measure);
    el.append(this.root);
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(this.picture);
    this.cleanup.add(
      () => this.root.remove(),
      () => this.drawing.stop(),
      () => this.overlay.dispose(),
      () => this.tools.dispose(),
      () => sizes.disconnect(),
      followTheme(this.root, () => this.applySettings()),
    );
    this.overlay.show("Waiting for a scene");
    this.status.set("waiting");
    this.start();
  }

  /** The scene; undefined without WebGL. */
  get inner(): Scene | undefined {
    return this.drawing.scene;
  }

  /** Takes a new scene's header, or none for an empty viewer. */
  begin(header: SceneHeader | null): void {
    if (this.status.phase === "error" && !this.inner) return;
    this.toolbar.setCameras(header?.photos ?? []);
    this.guard(() => {
      if (header?.scene !== this.inner?.header?.scene) this.tools.measure.forget();
      this.drawing.begin(header);
      if (this.status.phase === "lost") return; // drawn when the person wants the view again
      if (header?.count) this.overlay.show("");
      else this.overlay.show(header ? "This scene has no Gaussians" : "No scene to show yet");
      this.overlay.setProgress(header?.count ? 0 : 1);
      this.status.set(header?.count ? "loading" : "empty");
    });
  }

  /** Takes a chunk of the scene. */
  add(first: number, count: number, data: DataView | ArrayBuffer): void {
    this.guard(() => {
      this.drawing.add(first, count, data);
      const { received, header } = this.inner ?? { received: 0, header: undefined };
      if (!header || this.status.phase === "lost") return;
      this.overlay.setProgress(received / header.count);
      this.status.set(received < header.count ? "loading" : "drawing");
    });
  }

  setCamera(state: CameraState): void {
    this.drawing.setCamera(state);
  }

  set(settings: Partial<Settings>): void {
    Object.assign(this.settings, settings);
    this.applySettings();
  }

  setHeight(px: number): void {
    this.picture.style.height = `${px}px`;
  }

  /** Offers the refined scene and its prediction, and says which one is shown. */
  setVariants(available: boolean, predicted: boolean): void {
    this.toolbar.setVariants(available, predicted);
  }

  /** Says what looks plain in the scene's file, and how it is read; "" for nothing. */
  setDoubt(text: string, isPlain: boolean): void {
    this.doubt.show(text, isPlain);
  }

  /** Offers views that were kept. */
  setSaved(cameras: readonly CameraState[]): void {
    this.saved = cameras;
    this.toolbar.setSaved(cameras.length);
  }

  /** Shows what was measured elsewhere. */
  setMeasured(measured: Measured | null): void {
    this.tools.measure.set(measured);
    this.status.setMeasured(this.tools.measure.text);
  }

  /** Shows what else was counted, beside the number of splats. */
  setCounted(counted: readonly string[]): void {
    this.status.setCounted(counted);
  }

  /** Shows whether the kernel is silent. */
  setWaiting(waiting: boolean): void {
    this.status.setWaiting(waiting ? `Waiting for ${kernel()}…` : "");
  }

  /** Shows that the kernel is gone; what has arrived stays. */
  setDisconnected(): void {
    this.status.setWaiting(kernelGone());
  }

  /** Shows an error over the picture; it stays until another scene comes. */
  fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    console.error(error);
    this.status.problem = text;
    this.overlay.show(text, { alert: true });
    this.status.set("error");
  }

  /** Whether all of the scene has arrived, or none is to come; it may not be on the screen yet. */
  get isWhole(): boolean {
    return !["waiting", "loading"].includes(this.status.phase);
  }

  /** Draws a picture now: frames that are off the screen get no animation frames. */
  async capture(options: Partial<Capture>): Promise<Blob> {
    const { problem } = this.status;
    if (problem || !this.inner) throw new Error(problem || "there is no picture to take");
    const { width, height } = this.inner.viewpoint();
    const { clientWidth, clientHeight } = this.picture;
    if (width !== clientWidth || height !== clientHeight) this.resize(); // nobody has told it yet
    return pngOf(this.inner, options, this.notes);
  }

  private saveCamera(): void {
    if (this.inner) this.keep([...this.saved, this.inner.cameraState]);
  }

  private keep(cameras: readonly CameraState[]): void {
    this.setSaved(cameras);
    this.events.saved([...cameras]);
  }

  private choose(settings: Partial<Settings>): void {
    this.set(settings);
    this.events.settings(settings);
  }

  private start(): void {
    this.drawing.start();
    this.toolbar.status.title = this.inner?.blendBits === 8 ? COARSE : "";
    this.applySettings();
    this.resize();
  }

  private lost(): void {
    this.status.problem = CONTEXT_LOST;
    this.overlay.show(CONTEXT_LOST, { action: "Show again", run: () => this.restart() });
    this.status.set("lost");
  }

  // A new canvas and renderer with the data that the page still has.
  private restart(): void {
    const { header, blocks } = this.drawing.content;
    this.drawing.stop();
    this.status.problem = "";
    this.status.phase = "waiting";
    this.start();
    this.begin(header);
    for (const { first, count, data } of blocks) this.add(first, count, data);
  }

  private drawn(report: FrameReport): void {
    this.status.frames = report;
    this.root.dataset.frame = String(report.frame);
    const all = this.inner?.header && this.inner.received === this.inner.header.count;
    this.tools.drawn();
    for (const note of this.notes) note.redraw();
    const done = all && (this.status.phase === "drawing" || this.status.phase === "ready");
    this.status.set(done ? "ready" : this.status.phase);
  }

  private measured(measured: Measured | null): void {
    this.events.measured(measured);
    this.status.setMeasured(this.tools.measure.text);
  }

  private showTool(measuring: boolean, hint: string): void {
    this.picture.toggleAttribute("data-measuring", measuring);
    this.toolbar.setMeasuring(measuring);
    if (measuring) this.overlay.showHint(hint);
    else this.overlay.hideHint();
  }

  private guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.fail(error);
    }
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.picture;
    if (!width || !height) return;
    if (!this.shown) {
      // Themes and styles have values only in a document, and a view may be built before it is in one.
      this.shown = true;
      this.root.dataset.theme = isDark(this.root) ? "dark" : "light";
      this.applySettings();
    }
    this.guard(() => this.inner?.setSize(width, height, devicePixelRatio));
  }

  private applySettings(): void {
    const fallback = this.root.dataset.theme === "light" ? "#eceef1" : "#15171a"; // as in surface.css
    const theme = getComputedStyle(this.root).getPropertyValue("--sw-picture").trim();
    const { background: chosen } = this.settings;
    const background = hexColour(chosen === "auto" ? theme || fallback : chosen);
    const settings = { ...this.settings, background };
    this.tools.set(settings);
    this.picture.style.background = background;
    this.drawing.set(settings);
    this.toolbar.show(settings);
  }

  // A click on the tip of a camera's pyramid flies there.
  private click(event: MouseEvent): void {
    if (this.tools.click(event)) return;
    const index = this.inner?.cameraAt(event.offsetX, event.offsetY);
    if (this.takesPointer(event)) return;
    if (index !== undefined) this.drawing.flyTo(index);
    else this.onClick(event.offsetX, event.offsetY, event);
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
      const picture = await this.capture({ overlay: true });
      const rights = downloads();
      if (rights !== "blocked") download(picture, "splats.png");
      if (rights !== "allowed") this.overlay.showPicture(picture, rights === "blocked");
    } catch (error) {
      this.fail(error);
    }
  }
}
