// Boxes and spheres that are dragged open on the picture.
import type { Vec3 } from "../../page/wire";
import type { Point } from "../plots/brush";
import type { Session } from "../session";
import { boxAround, hitAt } from "../volumes";

const SMALLEST = 1e-3; // half size of a box, of the scene's radius

export class VolumeDrag {
  private start: { centre: Vec3; perPx: number } | undefined; // of a sphere

  constructor(private readonly session: Pick<Session, "inspection" | "selection" | "notices">) {}

  /** Whether there is a splat to centre a sphere on. */
  begin(at: Point): boolean {
    this.start = hitAt(this.session.inspection, at);
    return this.start !== undefined;
  }

  /** The sphere is centred on the splat that was hit; the pointer sets its radius at that depth. */
  stretch([from, to]: Point[]): void {
    if (!this.start || !to) return;
    const radius = Math.hypot(to[0] - from[0], to[1] - from[1]) * this.start.perPx;
    this.session.selection.setVolume({ kind: "sphere", center: this.start.centre, radius });
  }

  /** The box around the visible splats that were dragged over. */
  box(points: Point[]): void {
    const { inspection, selection, notices } = this.session;
    const box = boxAround(inspection, points);
    if (!box) {
      notices.fail(new Error("There is no splat in this rectangle to put a box around."));
      return;
    }
    const least = SMALLEST * inspection.radius;
    selection.setVolume({
      kind: "box",
      center: box.center,
      half_sizes: box.half_sizes.map((half) => Math.max(half, least)) as Vec3,
    });
  }

  clear(): void {
    this.start = undefined;
  }
}
