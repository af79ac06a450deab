// Picking one splat: in the picture, in the stack under the pointer, on a photo; and what the kernel
// answers.
import type { Inspection } from "../engine/inspection";
import type { Contribution } from "../engine/picking";
import type { Requests } from "../page/requests";
import type { PickedAnswer } from "../page/state.gen";
import type { Vec3 } from "../page/wire";
import type { Changes } from "./changes";
import type { FromKernel, ToKernel } from "./messages";
import type { Notices } from "./notices";

type PickMessage = Extract<ToKernel, { kind: "pick" }>;

const STACK_SENT = 32;
const KEY = "pick";

export class Picker {
  hovered = -1;
  picked: PickedAnswer | undefined;
  /** The photo around the picked splat's pixel. */
  pickedPicture: Blob | undefined;
  private stack: Contribution[] = []; // under the last point that was clicked
  private number = 0; // place of the picked one in the stack

  constructor(
    private readonly inspection: Inspection,
    private readonly notices: Notices,
    private readonly changes: Changes,
    private readonly requests: Pick<Requests, "open" | "close" | "has">,
    private readonly send: (pick: PickMessage) => void,
  ) {}

  /** Points at a splat, -1 for none. */
  hover(wire: number): void {
    if (wire === this.hovered) return;
    this.hovered = wire;
    this.inspection.setHighlight({ hovered: wire });
    this.changes.emit("hover", undefined);
  }

  /** Picks what covers most of a point of the picture, or with `step` what comes after the last. */
  pickAt(x: number, y: number, step = false): void {
    const stack = this.inspection.stackAt(x, y).slice(0, STACK_SENT);
    const same = step && stack.length > 0 && sameStack(stack, this.stack);
    this.stack = stack;
    this.number = same ? (this.number + 1) % stack.length : 0;
    this.sendPick(stack[this.number]?.wire ?? -1);
  }

  pickFromStack(number: number): void {
    this.number = number;
    const wire = this.picked?.stack[number]?.wire ?? -1;
    if (wire >= 0) this.sendPick(wire);
  }

  /** Picks a splat that was pointed at elsewhere than in the picture; -1 picks none. */
  pickWire(wire: number): void {
    this.stack = [];
    this.sendPick(wire);
  }

  receive(
    { kind, number, ...answer }: Extract<FromKernel, { kind: "picked" }>,
    buffers: DataView[],
  ): void {
    this.requests.close(number === null ? "news" : KEY);
    if (number !== null) this.number = number;
    else if (this.requests.has(KEY))
      return; // what was picked here since then is newer
    else if (answer.index >= 0 && answer.index === this.picked?.index) return; // has no stack
    if (answer.problem) this.notices.fail(new Error(answer.problem));
    const before = this.picked?.index;
    this.picked = answer.index >= 0 ? answer : undefined;
    this.pickedPicture =
      this.picked && buffers[0] ? new Blob([buffers[0] as DataView<ArrayBuffer>]) : undefined;
    const [x, y, z] = answer.axes; // rows; an axis is a column
    this.inspection.setAxes(
      this.picked && z
        ? { center: answer.center, axes: [0, 1, 2].map((k) => [x[k], y[k], z[k]]) as Axes }
        : null,
    );
    this.inspection.setHighlight({ picked: this.picked?.wire ?? -1 });
    this.changes.emit("picked", { isNew: this.picked?.index !== before });
  }

  /** Forgets the splats of the scene that was. */
  clear(): void {
    this.requests.close(KEY);
    this.stack = [];
    this.picked = undefined;
    this.hovered = -1;
  }

  private sendPick(wire: number): void {
    const { stack, number } = this;
    const scene = this.inspection.sceneId;
    if (!scene) return;
    const pairs = stack.map(({ wire, weight }) => [wire, weight] as [number, number]);
    const pick = { kind: "pick", scene, wire, stack: pairs, number } as const;
    this.requests.open(KEY, () => this.send(pick));
  }
}

type Axes = [Vec3, Vec3, Vec3];

function sameStack(a: Contribution[], b: Contribution[]): boolean {
  return a.length === b.length && a.every(({ wire }, i) => wire === b[i].wire);
}
