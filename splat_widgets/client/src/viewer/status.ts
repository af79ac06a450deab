// What the view is doing: told to the owner, and in words beside the buttons.
import type { FrameReport, Scene } from "../engine/scene";
import type { ViewerStatus } from "../page/state.gen";

/** "drawing": all splats arrived, but the GPU has not drawn them yet; the owner sees "loading". */
export type Phase = ViewerStatus["phase"] | "drawing";

const number = new Intl.NumberFormat("en");

export type StatusEvents = {
  scene(): Scene | undefined;
  changed(status: Omit<ViewerStatus, "view">): void;
  /** The words have changed. */
  said(text: string): void;
};

export class Status {
  phase: Phase = "waiting";
  /** Why there is no picture; "" if there is one. */
  problem = "";
  /** Of the last frame. */
  frames: FrameReport = { frame: 0, sortMs: 0, frameMs: 0 };
  private waiting = "";
  private measured = "";
  private counted: readonly string[] = [];
  private hint = "click, then scroll to zoom";

  /** @param root carries the phase, for styles and tests. */
  constructor(
    private readonly root: HTMLElement,
    private readonly events: StatusEvents,
  ) {}

  set(phase: Phase): void {
    this.phase = phase;
    if (phase !== "error" && phase !== "lost") this.problem = "";
    const { received = 0, header } = this.events.scene() ?? {};
    this.root.dataset.phase = phase;
    this.root.toggleAttribute("data-ready", phase === "ready");
    this.say();
    this.events.changed({
      phase: phase === "drawing" ? "loading" : phase,
      scene: header?.scene ?? "",
      received,
      count: header?.count ?? 0,
      frame: this.frames.frame,
      sort_ms: this.frames.sortMs,
      frame_ms: this.frames.frameMs,
      error: this.problem,
    });
  }

  /** @param waiting what the page waits for; "" for nothing. */
  setWaiting(waiting: string): void {
    this.waiting = waiting;
    this.say();
  }

  /** @param measured a length in words; "" for none. */
  setMeasured(measured: string): void {
    this.measured = measured;
    this.say();
  }

  /** @param counted what else was counted, in words: "1,234 selected". */
  setCounted(counted: readonly string[]): void {
    this.counted = counted;
    this.say();
  }

  /** Someone has clicked the picture and knows how. */
  dropHint(): void {
    this.hint = "";
    this.say();
  }

  private say(): void {
    const { received = 0, header } = this.events.scene() ?? {};
    const count = `${number.format(header?.count ?? 0)} splats`;
    const words: Partial<Record<Phase, string>> = {
      loading: `${number.format(received)} of ${count}`,
      drawing: count,
      ready: count,
    };
    const counted = words[this.phase] ? this.counted : [];
    const hint = this.phase === "ready" ? this.hint : "";
    const parts = [this.waiting, this.measured, words[this.phase], ...counted, hint];
    this.events.said(parts.filter(Boolean).join(" · "));
  }
}
