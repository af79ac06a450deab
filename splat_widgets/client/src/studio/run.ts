// The run in the strip: its stages with their times, and one line that sums it up.
import { h } from "../page/dom";
import type { RunItem, StageItem } from "../page/state.gen";

const ACTIVE = ["queued", "running", "cancelling"];

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

export class RunView {
  readonly summary = h("span", { class: "sws-summary", role: "status" });
  readonly stages = h("ol", { class: "sws-stages" });
  private reportedMs = 0; // when the last report of the kernel came

  constructor(
    private run: RunItem,
    private readonly isConnected: () => boolean,
  ) {}

  get status(): RunItem["status"] {
    return this.run.status;
  }

  /** Why the run failed; empty if it did not. */
  get reason(): string {
    return this.run.status === "failed" ? this.run.detail : "";
  }

  get isBusy(): boolean {
    return this.isConnected() && ACTIVE.includes(this.run.status);
  }

  show(run: RunItem): void {
    this.run = run;
    this.reportedMs = performance.now();
    this.stages.hidden = run.stages.length === 0;
    if (this.stages.children.length !== run.stages.length) {
      const bar = () => h("div", { class: "sws-bar" }, h("div"));
      this.stages.replaceChildren(
        ...run.stages.map(() => h("li", {}, bar(), h("span"), h("small"))),
      );
    }
    run.stages.forEach((stage, i) => {
      const item = this.stages.children[i] as HTMLElement;
      const [bar, label] = [...item.children] as HTMLElement[];
      item.dataset.state = stage.state;
      if (stage.state === "active") item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
      (bar.firstElementChild as HTMLElement).style.width = `${100 * stage.fraction}%`;
      label.textContent = stage.label;
    });
    this.tick();
  }

  /** Times go on between the kernel's messages, which come only when something happened. */
  tick(): void {
    const { run } = this;
    if (!this.isConnected()) {
      // How far the run came stays; running times would be wrong.
      if (ACTIVE.includes(run.status)) this.summary.textContent = "Stopped";
      return;
    }
    const since = this.isBusy ? (performance.now() - this.reportedMs) / 1000 : 0;
    run.stages.forEach((stage, i) => {
      const time = this.stages.children[i]?.lastElementChild;
      if (time) time.textContent = stageTime(stage, since);
    });
    const total = formatSeconds(run.seconds + since);
    const texts: Record<RunItem["status"], string> = {
      idle: "",
      queued: run.detail || "Waiting for another run",
      running: run.detail ? `${run.detail}, ${total}` : total,
      cancelling: "Stopping",
      done: `${run.doubt ? "Finished" : "Done"} in ${total}`,
      cancelled: "Cancelled",
      failed: "Failed",
    };
    if (this.summary.textContent !== texts[run.status]) {
      this.summary.textContent = texts[run.status];
    }
    // A screen reader should hear of the end, not of every tick.
    this.summary.setAttribute("aria-live", this.isBusy ? "off" : "polite");
    const times = run.stages.map((stage) => `${stage.label} ${stageTime(stage, 0)}`.trim());
    this.summary.title = run.status === "done" ? times.join("\n") : "";
  }
}

function stageTime(stage: StageItem, since: number): string {
  if (stage.state === "waiting") return "";
  return formatSeconds(stage.seconds + (stage.state === "active" ? since : 0));
}
