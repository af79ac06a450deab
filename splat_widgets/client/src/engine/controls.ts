// Orbit, pan and zoom with pointer, touch, wheel and keys. Knows no renderer: it turns events into
// camera states.
import { Quaternion, Vector3 } from "three";
import { Owner } from "../page/dom";
import type { CameraState } from "../page/state.gen";
import type { Vec3 } from "../page/wire";

const ORBIT_PER_WIDTH = Math.PI; // radians for a drag across the whole element
const KEY_ORBIT = Math.PI / 36;
const KEY_PAN = 0.05; // of the visible height
const KEY_ZOOM = 0.9;
const POLE_MARGIN = 0.02; // radians kept from straight up and down

const vector = (v: number[]) => new Vector3().fromArray(v);
const list = (v: Vector3) => v.toArray() as Vec3;

/** Turns the camera around its target: `yaw` about the up vector, then `pitch`, in radians. */
export function orbit(state: CameraState, yaw: number, pitch: number): CameraState {
  const target = vector(state.target);
  const up = vector(state.up).normalize();
  const arm = vector(state.position).sub(target);
  arm.applyQuaternion(new Quaternion().setFromAxisAngle(up, yaw));
  const polar = arm.angleTo(up);
  const wanted = Math.min(Math.PI - POLE_MARGIN, Math.max(POLE_MARGIN, polar + pitch));
  const side = new Vector3().crossVectors(up, arm);
  if (side.lengthSq() > 0)
    arm.applyQuaternion(new Quaternion().setFromAxisAngle(side.normalize(), wanted - polar));
  return { ...state, position: list(target.add(arm)) };
}

/** Moves camera and target in the picture's plane, in units of the picture's shorter side. */
export function pan(state: CameraState, right: number, upwards: number): CameraState {
  const position = vector(state.position);
  const target = vector(state.target);
  const forward = target.clone().sub(position);
  const size = 2 * forward.length() * Math.tan((state.fov_deg * Math.PI) / 360);
  const x = new Vector3().crossVectors(forward, vector(state.up)).normalize();
  const y = new Vector3().crossVectors(x, forward).normalize();
  const shift = x.multiplyScalar(right * size).addScaledVector(y, upwards * size);
  return { ...state, position: list(position.add(shift)), target: list(target.add(shift)) };
}

/** Scales the distance to the target. */
export function zoom(state: CameraState, factor: number): CameraState {
  const target = vector(state.target);
  const arm = vector(state.position).sub(target).multiplyScalar(factor);
  return { ...state, position: list(target.add(arm)) };
}

/** Keeps the direction and moves the camera so that a ball fills the picture. */
export function fit(state: CameraState, bounds: { center: Vec3; radius: number }): CameraState {
  const backwards = vector(state.position).sub(vector(state.target)).normalize();
  if (backwards.lengthSq() === 0) backwards.set(0, 0, -1);
  const distance = bounds.radius / Math.sin((state.fov_deg * Math.PI) / 360);
  const center = vector(bounds.center);
  return {
    ...state,
    target: bounds.center,
    position: list(center.addScaledVector(backwards, Math.max(distance, 1e-6))),
  };
}

/** Listens on an element that can take the focus and reports the new camera after each event. */
export class OrbitControls extends Owner {
  private readonly pointers = new Map<number, { x: number; y: number }>();

  constructor(
    private readonly element: HTMLElement,
    private readonly get: () => CameraState,
    private readonly set: (state: CameraState) => void,
    private readonly taken: (event: PointerEvent) => boolean = () => false,
  ) {
    super();
    const on = this.cleanup.on.bind(this.cleanup);
    on(element, "pointerdown", (event: PointerEvent) => this.down(event));
    on(element, "pointermove", (event: PointerEvent) => this.move(event));
    on(element, "pointerup", (event: PointerEvent) => this.up(event));
    on(element, "pointercancel", (event: PointerEvent) => this.up(event));
    on(element, "contextmenu", (event: MouseEvent) => event.preventDefault());
    on(element, "wheel", (event: WheelEvent) => this.wheel(event), { passive: false });
    on(element, "keydown", (event: KeyboardEvent) => this.key(event));
  }

  private down(event: PointerEvent): void {
    this.element.focus({ preventScroll: true });
    if (this.taken(event)) return;
    this.element.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    event.preventDefault();
  }

  private up(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const size = Math.max(1, Math.min(this.element.clientWidth, this.element.clientHeight));
    const dx = (event.clientX - last.x) / size;
    const dy = (event.clientY - last.y) / size;
    const before = this.spread();
    last.x = event.clientX;
    last.y = event.clientY;
    if (this.pointers.size >= 2) {
      const after = this.spread();
      const moved = pan(this.get(), -dx / 2, dy / 2);
      this.set(before > 0 && after > 0 ? zoom(moved, before / after) : moved);
    } else if (event.buttons === 1 && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      this.set(orbit(this.get(), -dx * ORBIT_PER_WIDTH, -dy * ORBIT_PER_WIDTH));
    } else this.set(pan(this.get(), -dx, dy));
  }

  private spread(): number {
    const [a, b] = [...this.pointers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }

  // The page keeps its scroll wheel until the viewer has been clicked.
  private wheel(event: WheelEvent): void {
    const focused = this.element.matches(":focus");
    if (!focused && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const step = Math.max(-200, Math.min(200, event.deltaY * lines));
    this.set(zoom(this.get(), Math.exp(step * 0.0015)));
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [x, y] = ARROWS[event.key] ?? [0, 0];
    let next: CameraState;
    if (x || y)
      next = event.shiftKey
        ? pan(this.get(), x * KEY_PAN, y * KEY_PAN)
        : orbit(this.get(), x * KEY_ORBIT, -y * KEY_ORBIT);
    else if (event.key === "+" || event.key === "=") next = zoom(this.get(), KEY_ZOOM);
    else if (event.key === "-") next = zoom(this.get(), 1 / KEY_ZOOM);
    else if (event.key === "Escape") {
      this.element.blur(); // the page has its wheel again
      return;
    } else return;
    event.preventDefault();
    this.set(next);
  }
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};
