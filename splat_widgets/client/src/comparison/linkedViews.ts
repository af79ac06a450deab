// What is done in one view is done in all, on the page: it is smooth, and works while the kernel is
// busy. Each view still tells the kernel of itself.
import type { Matrix4 } from "three";
import type { InspectorView } from "../inspector/inspectorView";
import type { CameraState, InspectorState } from "../page/state.gen";
import { frameOf, moved } from "./frames";

const FOLLOWED = [
  "background",
  "display",
  "photo_opacity",
  "select_mode",
  "select_through",
  "show_cameras",
  "splat_scale",
  "tool",
] as const satisfies readonly (keyof InspectorState)[];

type Linked = { view: InspectorView; frame: Matrix4; back: Matrix4; stops: (() => void)[] };

export class LinkedViews {
  /** Called when the views look from elsewhere. */
  onTurned: () => void = () => {};
  private readonly linked: Linked[] = [];
  private telling = false;

  /** @param frame from the first scene's frame to the view's, row by row. */
  add(view: InspectorView, frame: readonly number[]): void {
    const matrix = frameOf(frame);
    const one: Linked = { view, frame: matrix, back: matrix.clone().invert(), stops: [] };
    this.linked.push(one);
    view.panel.onCamera = (state) => this.turned(one, state);
    one.stops.push(
      () => {
        view.panel.onCamera = () => {};
      },
      ...FOLLOWED.map((key) => view.traits.listen(key, () => this.changed(one, key))),
    );
  }

  /** Where all look from, in the first scene's frame. */
  get state(): CameraState | undefined {
    const one = this.linked[0];
    const state = one?.view.panel.inner?.cameraState;
    return state && moved(state, one.back);
  }

  dispose(): void {
    for (const { stops } of this.linked.splice(0)) for (const stop of stops) stop();
  }

  private turned(origin: Linked, state: CameraState): void {
    this.tellOthers(origin, ({ view, frame }) => {
      view.panel.setCamera(moved(moved(state, origin.back), frame));
    });
    this.onTurned();
  }

  private changed(origin: Linked, key: (typeof FOLLOWED)[number]): void {
    const value = origin.view.traits.get(key);
    this.tellOthers(origin, ({ view }) => {
      if (view.traits.get(key) !== value) view.traits.set(key, value);
    });
  }

  private tellOthers(origin: Linked, tell: (other: Linked) => void): void {
    if (this.telling) return; // a view that was told says so itself
    this.telling = true;
    try {
      for (const other of this.linked) if (other !== origin) tell(other);
    } finally {
      this.telling = false;
    }
  }
}
