// The canvas of a panel: the scene that draws on it and the controls that turn it. Keeps the splats that
// arrived, and draws them on a new canvas after the browser took the graphics memory back.
import { Vector3 } from "three";
import { fit, OrbitControls } from "../engine/controls";
import { Flight } from "../engine/flight";
import { type FrameReport, Scene, WebGLMissing } from "../engine/scene";
import type { Settings } from "../engine/settings";
import { Cleanup, h } from "../page/dom";
import { sameState, stateOf } from "../page/frames";
import type { CameraState, SceneHeader } from "../page/state.gen";
import type { Overlay } from "./overlay";

const HINT_BEFORE = "Click, then scroll to zoom";
const HINT_DURING = "Scroll to zoom; Esc gives the wheel back to the page";
const CLICK_PX = 4; // a pointer that moved farther was dragging
const NO_WEBGL =
  "This browser offers no WebGL 2, which the viewer needs.\n" +
  "Turn on hardware acceleration in its settings, or open this page in a current Chrome, Firefox or Safari.";
const LABEL =
  "3D view. Arrow keys turn, shift and arrow keys move, plus and minus zoom, R resets, F fits, 1 to 3 change the display, M measures, P shows the photo at its camera, Escape leaves.";

export type DrawingEvents = {
  /** Another scene draws, or has begun with another header. */
  scene(scene: Scene): void;
  frame(report: FrameReport): void;
  camera(state: CameraState): void;
  takesPointer(event: PointerEvent): boolean;
  click(event: MouseEvent): void;
  /** The browser took the graphics memory, or gave it back. */
  lost(): void;
  restored(): void;
  failed(error: unknown): void;
};

type Block = { first: number; count: number; data: DataView | ArrayBuffer };

export class Drawing {
  /** Undefined without WebGL. */
  scene: Scene | undefined;
  private cleanup = new Cleanup();
  private blocks: Block[] = [];
  private settings: Partial<Settings> = {};
  private camera: CameraState | undefined;
  private home: CameraState | undefined; // where `reset` goes
  private readonly flight = new Flight((state) => this.scene?.setCamera(state));

  constructor(
    private readonly stage: HTMLElement,
    private readonly overlay: Overlay,
    private readonly events: DrawingEvents,
  ) {}

  start(): void {
    const { events, overlay, cleanup } = this;
    const canvas = h("canvas", {
      class: "sw-canvas",
      tabindex: 0,
      role: "img",
      "aria-label": LABEL,
    });
    try {
      this.scene = new Scene(canvas);
    } catch (error) {
      events.failed(error instanceof WebGLMissing ? new Error(NO_WEBGL) : error);
      return;
    }
    const { scene } = this;
    this.stage.prepend(canvas);
    if (this.camera) scene.setCamera(this.camera);
    scene.set(this.settings);
    scene.onError = (error) => events.failed(error);
    scene.onFrame = (report) => events.frame(report);
    scene.onCamera = (state) => {
      this.camera = state;
      events.camera(state);
    };
    const controls = new OrbitControls(
      canvas,
      () => scene.cameraState,
      (state) => this.turnTo(state),
      (event) => events.takesPointer(event),
    );
    cleanup.add(
      () => canvas.remove(),
      () => scene.dispose(),
      () => controls.dispose(),
    );
    cleanup.on(canvas, "webglcontextlost", (event: Event) => {
      event.preventDefault(); // the browser may give it back
      events.lost();
    });
    cleanup.on(canvas, "webglcontextrestored", () => events.restored());
    cleanup.on(canvas, "wheel", () => {
      if (!canvas.matches(":focus")) overlay.showHint(HINT_BEFORE);
    });
    cleanup.on(canvas, "focus", () => overlay.showHint(HINT_DURING));
    cleanup.on(canvas, "blur", () => overlay.hideHint());
    let pressed = { x: 0, y: 0 };
    cleanup.on(canvas, "pointerdown", ({ clientX: x, clientY: y }: PointerEvent) => {
      this.flight.stop();
      pressed = { x, y };
    });
    cleanup.on(canvas, "click", (event: MouseEvent) => {
      const moved = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y);
      if (moved <= CLICK_PX) events.click(event);
    });
  }

  stop(): void {
    this.flight.stop();
    this.cleanup.run();
    this.cleanup = new Cleanup();
    this.scene = undefined;
  }

  /** Starts an empty scene of this header; without one clears the picture. */
  begin(header: SceneHeader | null): void {
    this.blocks = [];
    this.home = header?.camera;
    this.flight.stop();
    if (header?.count) this.scene?.begin(header);
    else this.scene?.clear();
    if (this.scene) this.events.scene(this.scene);
  }

  add(first: number, count: number, data: DataView | ArrayBuffer): void {
    this.blocks.push({ first, count, data });
    this.scene?.add(first, count, data);
  }

  /** The header and blocks that have arrived, for `begin` and `add` on a new canvas. */
  get content(): { header: SceneHeader | null; blocks: readonly Block[] } {
    return { header: this.scene?.header ?? null, blocks: this.blocks };
  }

  setCamera(state: CameraState): void {
    // While it flies, the view's own states come back from the trait.
    if (this.scene && sameState(state, this.scene.cameraState)) return;
    this.camera = state;
    this.turnTo(state);
  }

  /** @param settings `background` is a colour, not "auto". */
  set(settings: Settings): void {
    this.settings = settings;
    this.scene?.set(settings);
  }

  reset(): void {
    if (this.home) this.turnTo(this.home);
  }

  /** Moves the camera so that the scene fills the picture. */
  fit(): void {
    const { scene } = this;
    if (scene?.header) this.turnTo(fit(scene.cameraState, scene.header.bounds));
  }

  /** Flies to an input camera. */
  flyTo(index: number): void {
    const header = this.scene?.header;
    const camera = header?.cameras[index];
    if (!this.scene || !header || !camera) return;
    const { target, position } = header.camera;
    const depth = new Vector3().fromArray(target).distanceTo(new Vector3().fromArray(position));
    this.flight.go(this.scene.cameraState, stateOf(camera, depth));
  }

  /** Flies to a view. */
  flyToState(state: CameraState): void {
    if (this.scene) this.flight.go(this.scene.cameraState, state);
  }

  private turnTo(state: CameraState): void {
    this.flight.stop();
    this.scene?.setCamera(state);
  }
}
