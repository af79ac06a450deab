// Tools on the picture: what pointer and keys select, pick and point at.
import { Owner, svg } from "../../page/dom";
import type { Panel } from "../../viewer/panel";
import { Brush, type Point, polygonOf, type Shape } from "../plots/brush";
import type { Session } from "../session";
import { Corners } from "./corners";
import { Floor } from "./floor";
import { KeyShapes } from "./keyShapes";
import { Paint } from "./paint";
import { VolumeDrag } from "./volumeDrag";

type Parts = Pick<Session, "traits" | "inspection" | "selection" | "picker" | "notices">;

/** Listens on the stage before the viewer's own controls do, and draws over the picture. */
export class Gestures extends Owner {
  readonly overlay = svg("svg", { class: "swi-overlay", "aria-hidden": "true" });
  private readonly outline = svg("polygon", { class: "swi-outline", visibility: "hidden" });
  private readonly keys: KeyShapes;
  private readonly stage: HTMLElement;
  private readonly brush: Brush;
  private readonly corners = new Corners((points) => this.draw(points));
  private readonly paint: Paint;
  private readonly volume: VolumeDrag;
  private readonly floor: Floor;
  private pointed: Point | undefined;
  private frame = 0;

  /** @param watches is true if the splat under a moving pointer must be found. */
  constructor(
    panel: Panel,
    private readonly session: Parts,
    private readonly watches: () => boolean,
  ) {
    super();
    const stage = panel.picture;
    this.stage = stage;
    this.paint = new Paint(session);
    this.volume = new VolumeDrag(session);
    this.floor = new Floor(session, (points) => this.draw(points));
    this.keys = new KeyShapes(stage, {
      tool: () => this.tool,
      setFloor: (at) => this.setFloor(at),
      beginSphere: (at) => this.beginSphere(at),
      beginPaint: (at, press) => this.paint.begin(at, session.selection.paintModeOf(press)),
      showPaint: (at) => this.paint.show(at),
      selectCorners: (points, event) => this.selectCorners(points, event),
      done: (points, press) => this.done(points, press),
      update: (points) => this.update(points),
      draw: (points) => this.draw(points),
      clear: () => this.clear(),
    });
    this.overlay.append(this.outline, this.keys.element, this.paint.cursor);
    stage.append(this.overlay);
    this.brush = new Brush(
      stage,
      {
        begin: (event, at) => this.begin(event, at),
        update: (points) => this.update(points),
        done: (points, event) => this.done(points, event),
        click: (at, event) => this.click(at, event),
        cancel: () => {
          if (!this.clicks) this.clear(); // a click there is a corner
        },
      },
      true,
    );
    const on = this.cleanup.on.bind(this.cleanup);
    panel.takesPointer = () => this.isShape;
    // The event's own offset is rounded.
    panel.onClick = (_x, _y, event) => this.click(this.at(event), event);
    on(stage, "pointermove", (event) => this.point(event));
    on(stage, "pointerleave", () => this.leave());
    on(stage, "dblclick", (event) => this.closeCorners(event), { capture: true });
    on(stage, "wheel", (event) => this.corners.count && stop(event), { capture: true });
    on(stage, "keydown", (event) => this.key(event), { capture: true });
    this.cleanup.add(
      session.traits.bind("tool", (tool) => {
        stage.dataset.tool = tool;
        this.brush.cancel();
        this.clear();
      }),
      () => this.brush.dispose(),
      () => cancelAnimationFrame(this.frame),
      () => this.overlay.remove(),
      () => {
        panel.takesPointer = () => false;
        panel.onClick = () => {};
      },
    );
  }

  private get tool() {
    return this.session.traits.get("tool");
  }

  private get isShape(): boolean {
    if (this.stage.hasAttribute("data-measuring")) return false; // the viewer's own tool
    return this.tool !== "navigate" && this.tool !== "pick";
  }

  /** Whether the tool takes clicks, not drags. */
  private get clicks(): boolean {
    return this.tool === "polygon" || this.tool === "floor";
  }

  private at(event: MouseEvent): Point {
    const { left, top } = this.stage.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  private begin(event: PointerEvent, at: Point): Shape | undefined {
    if (!isCanvas(event.target) || !this.isShape || !this.session.inspection.count)
      return undefined;
    this.keys.stop();
    if (this.tool === "lasso") return "lasso";
    if (this.tool === "polygon" || this.tool === "floor") return "drag";
    if (this.tool === "brush")
      return this.paint.begin(at, this.session.selection.paintModeOf(event)) ? "stroke" : undefined;
    if (this.tool !== "sphere") return "rectangle";
    return this.volume.begin(at) ? "drag" : undefined;
  }

  private update(points: Point[]): void {
    if (this.tool === "sphere") this.volume.stretch(points);
    else if (this.tool === "brush") this.paint.follow(points);
    else if (this.tool === "polygon") this.corners.point(points[points.length - 1]);
    else if (this.tool !== "floor") this.draw(polygonOf(points));
  }

  private done(points: Point[], event: PointerEvent): void {
    const { session, tool } = this;
    const mode = session.selection.modeOf(event);
    if (this.clicks) {
      if (tool === "polygon") this.setCorner(points[points.length - 1], event);
      return;
    }
    if (tool === "brush") {
      this.paint.follow(points);
      this.paint.finish();
    } else if (tool === "sphere") {
      this.volume.stretch(points);
      session.selection.selectVolume(mode);
    } else if (tool === "box") {
      this.volume.box(points);
      session.selection.selectVolume(mode);
    } else if (tool === "rectangle" || tool === "lasso")
      session.selection.selectPicture(tool, points, mode);
    this.clear();
  }

  private click(at: Point, event: MouseEvent): void {
    const { session } = this;
    if (this.tool === "polygon") this.setCorner(at, event);
    if (this.tool === "floor") this.setFloor(at);
    if (this.isShape) return;
    if (this.tool === "pick" && event.shiftKey) {
      const wire = session.inspection.stackAt(...at)[0]?.wire;
      if (wire !== undefined) session.selection.selectWire(wire, "add");
    } else session.picker.pickAt(...at, event.altKey);
  }

  private beginSphere(at: Point): boolean {
    if (this.volume.begin(at)) return true;
    this.session.notices.fail(
      new Error("There is no splat under the cross to put a sphere around."),
    );
    return false;
  }

  // The third point on the floor levels the scene.
  private setFloor(at: Point): void {
    const numbers = this.floor.add(at);
    if (!numbers) return;
    const { selection, traits } = this.session;
    this.clear();
    setTimeout(() => traits.set("tool", "navigate")); // after this press's own click, which picks
    selection.act("level", { numbers });
  }

  private setCorner(at: Point, event: MouseEvent): void {
    const polygon = this.corners.add(at);
    if (polygon) this.selectCorners(polygon, event);
  }

  private closeCorners(event: MouseEvent | KeyboardEvent): void {
    const polygon = this.tool === "polygon" && this.corners.close();
    if (polygon) this.selectCorners(polygon, event);
  }

  private selectCorners(polygon: Point[], event: MouseEvent | KeyboardEvent): void {
    const mode = this.session.selection.modeOf(event);
    this.session.selection.selectPicture("polygon", polygon, mode);
  }

  // Finding the splat under the pointer takes milliseconds, so it runs once a frame at most.
  private point(event: PointerEvent): void {
    if (this.tool === "brush") this.paint.show(isCanvas(event.target) ? this.at(event) : undefined);
    if (this.tool === "polygon" && !event.buttons) this.corners.point(this.at(event));
    if (!this.watches() || event.buttons || !isCanvas(event.target)) {
      this.leave();
      return;
    }
    this.pointed = this.at(event);
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.pointed) return;
      this.session.picker.hover(this.session.inspection.stackAt(...this.pointed)[0]?.wire ?? -1);
    });
  }

  private leave(): void {
    if (!this.brush.active) this.paint.show(undefined);
    if (!this.pointed) return;
    this.pointed = undefined;
    this.session.picker.hover(-1);
  }

  /** Tools with the keyboard: Enter picks, or begins a shape; see `KeyShapes`. */
  private key(event: KeyboardEvent): void {
    if (!isCanvas(event.target) || event.ctrlKey || event.metaKey) return;
    const { tool } = this;
    if (event.key === "Enter" && !this.isShape) {
      const { clientWidth, clientHeight } = this.stage;
      this.session.picker.pickAt(clientWidth / 2, clientHeight / 2, event.altKey);
    } else if (tool === "brush" && this.paint.key(event.key)) {
      // its size has changed
    } else if (this.corners.count && event.key in CORNER_KEYS) {
      this.cornerKey(CORNER_KEYS[event.key], event);
    } else if (this.isShape && this.keys.active) {
      if (!this.keys.key(event)) return;
    } else if (this.isShape && event.key === "Enter") {
      this.keys.start();
    } else if (this.isShape && event.key === "Escape" && tool !== "navigate") {
      if (this.brush.active) return; // the brush cancels its own drag
      this.session.traits.set("tool", "navigate");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private cornerKey(what: "close" | "back" | "clear", event: KeyboardEvent): void {
    if (what === "close") this.closeCorners(event);
    else this.corners[what]();
  }

  private draw(points: Point[]): void {
    this.outline.setAttribute("visibility", points.length ? "visible" : "hidden");
    this.outline.setAttribute("points", points.map((point) => point.join(",")).join(" "));
  }

  private clear(): void {
    this.volume.clear();
    this.floor.clear();
    this.paint.cancel();
    this.corners.clear();
    this.keys.stop();
    this.draw([]);
  }
}

const CORNER_KEYS: Record<string, "close" | "back" | "clear"> = {
  Enter: "close",
  Backspace: "back",
  Escape: "clear",
};

function stop(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

function isCanvas(target: EventTarget | null): boolean {
  return target instanceof HTMLCanvasElement;
}
