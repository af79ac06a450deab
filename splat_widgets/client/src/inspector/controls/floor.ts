// Three points on a floor, which level the scene.
import type { Vec3 } from "../../page/wire";
import type { Point } from "../plots/brush";
import type { Session } from "../session";

export class Floor {
  private points: { at: Point; point: Vec3 }[] = [];

  constructor(
    private readonly session: Pick<Session, "inspection" | "notices">,
    private readonly draw: (points: Point[]) => void,
  ) {}

  /** Takes the point under a click; gives the nine numbers of all three with the last. */
  add(at: Point): number[] | undefined {
    const point = this.session.inspection.surfaceAt(...at);
    if (!point) {
      this.session.notices.fail(new Error("There is no splat under this point to level by."));
      return undefined;
    }
    this.points.push({ at, point });
    this.draw(this.points.map((one) => one.at));
    return this.points.length < 3 ? undefined : this.points.flatMap((one) => [...one.point]);
  }

  clear(): void {
    this.points = [];
  }
}
