// What a person does on the picture besides turning it: the photo over the splats, measuring, keys.
import type { Scene } from "../engine/scene";
import type { Settings } from "../engine/settings";
import { Owner } from "../page/dom";
import type { Measured } from "../page/state.gen";
import type { Vec3 } from "../page/wire";
import { Blend } from "./blend";
import { Keys } from "./keys";
import { Measure } from "./measure";

const MEASURE_HINT =
  "Click two points; with the keyboard, turn the view and press Enter. Esc ends it";

export type ToolEvents = {
  scene(): Scene | undefined;
  reset(): void;
  fit(): void;
  choose(settings: Partial<Settings>): void;
  wireAt(x: number, y: number): number | undefined;
  measured(measured: Measured | null): void;
  /** How long a measured line is in truth, m; undefined where nobody can scale the scene. */
  known: ((points: Vec3[], metres: number) => void) | undefined;
  /** The view is at the camera of this photo, counted from 1, or at none. */
  place(photo: number | undefined): void;
  /** Measuring begins or ends; a hint says how. */
  measuring(active: boolean, hint: string): void;
};

export class Tools extends Owner {
  /** Over the picture. */
  readonly elements: readonly Element[];
  readonly measure: Measure;
  private readonly blend: Blend;

  constructor(private readonly events: ToolEvents) {
    super();
    this.blend = new Blend(
      (photo_opacity) => events.choose({ photo_opacity }),
      (photo_opacity) => events.scene()?.set({ photo_opacity }),
    );
    this.measure = new Measure(events.scene, {
      measured: events.measured,
      active: (active) => events.measuring(active, MEASURE_HINT),
      wireAt: (_scene, x, y) => events.wireAt(x, y),
      known: events.known,
    });
    this.elements = [...this.measure.elements, this.blend.element];
  }

  /** @param root takes keys, `picture` the pointer. */
  listen(root: HTMLElement, picture: HTMLElement): void {
    const { events, measure, blend } = this;
    const keys = new Keys(root, {
      reset: events.reset,
      fit: events.fit,
      choose: events.choose,
      holdPhoto: (down) => blend.hold(down),
      measure,
    });
    this.cleanup.add(() => keys.dispose());
    this.cleanup.on(picture, "pointermove", (event) => {
      if (measure.isActive) measure.point(event.offsetX, event.offsetY);
    });
  }

  set({ photo_opacity }: Settings): void {
    this.blend.setOpacity(photo_opacity);
  }

  /** A click on the picture; true if it was for a tool. */
  click({ offsetX, offsetY }: MouseEvent): boolean {
    if (this.measure.isActive) this.measure.place(offsetX, offsetY);
    return this.measure.isActive;
  }

  /** The view has been drawn, perhaps from another place. */
  drawn(): void {
    const scene = this.events.scene();
    const index = scene?.standingAt;
    const photo = index === undefined ? undefined : scene?.header?.photos[index];
    this.events.place(photo?.number);
    this.blend.setPhoto(photo && scene?.hasPhotoHere ? `Photo ${photo.number}` : "");
  }
}
