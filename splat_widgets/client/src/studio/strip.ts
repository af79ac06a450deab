// The studio's strip on the page: run, stages, results.
import type { AnyModel } from "@anywidget/types";
import { activeElement, Cleanup, h, icon, style } from "../page/dom";
import type { ResultItem, RunItem, RunStripState, StageItem } from "../page/state.gen";
import surfaceCss from "../page/surface.css";
import { bind } from "../page/sync";
import { followTheme } from "../page/theme";
import type { Link } from "./link";
import { button, ResultRow } from "./row";
import stripCss from "./strip.css";

const ICONS = {
  play: "M4.5 2.8v10.4l8.5-5.2z",
  stop: "M4 4h8v8H4z",
  info: "M8 2a6 6 0 1 0 .01 0M8 7.2v4M8 4.9v.01",
  warning: "M8 2.2l6.3 11.2H1.7zM8 6.4v3.4M8 11.6v.01",
  close: "M4 4l8 8M12 4l-8 8",
  folder: "M1.8 3.5h4.4l1.4 1.7h6.6v7.6H1.8z",
};
const CLOCK_MS = 200;
const ANSWER_MS = 2_000; // for the kernel to answer a click, before another one counts
const VIEWER_MS = 5_000; // for a new viewer to appear on the page
const ACTIVE = ["queued", "running", "cancelling"];

export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

export class StripView {
  private readonly root = h("section", { class: "sw-surface sws", "aria-label": "Reconstruction" });
  private readonly generate = button(
    "Generate",
    ICONS.play,
    "Make a scene from the chosen photos",
    "sw-primary sws-generate",
  );
  private readonly cancel = button("Cancel", ICONS.stop, "Stop the run", "sws-cancel");
  private readonly reset = button(
    "Start over",
    ICONS.close,
    "Remove the photos, empty the viewer",
    "sw-plain sws-reset",
  );
  private readonly summary = h("span", { class: "sws-summary", role: "status" });
  private readonly stages = h("ol", { class: "sws-stages" });
  private readonly reason = h(
    "p",
    { class: "sws-message sws-reason", role: "alert", "data-level": "error", hidden: true },
    icon(ICONS.warning),
    h("span"),
  );
  private readonly lost = h(
    "p",
    { class: "sws-message sws-lost", role: "alert", "data-level": "error", hidden: true },
    icon(ICONS.warning),
    h("span", {}, "The kernel is gone. Run the cell again."),
  );
  private readonly message = h("p", { class: "sws-message" });
  private readonly results = h("ul", { class: "sws-results" });
  private readonly openFile = button(
    "Open .ply",
    ICONS.folder,
    "Open a scene of this computer",
    "sw-plain",
  );
  private readonly saved = h("select", {
    "aria-label": "Open a saved scene",
    title: "Open a scene of the output folder",
  });
  private readonly transfer = h("div", { class: "sws-transfer", hidden: true });
  private readonly noticeText = h("span");
  private readonly notice = h(
    "details",
    { class: "sws-notice", open: true },
    h("summary", {}, icon(ICONS.info), this.noticeText),
  );
  private readonly modelLine = h("span", { class: "sws-model", title: "The loaded model" });
  private readonly chooser = h("input", {
    type: "file",
    accept: ".ply",
    hidden: true,
    "aria-label": "Scene to open",
  });
  private readonly cleanup = new Cleanup();
  private run: RunItem | undefined;
  private heard = 0;
  /** When Generate was clicked here and the kernel has not answered yet. */
  private asked = Number.NEGATIVE_INFINITY;
  /** Whether the run was started here: then this page goes to its scene. */
  private isOurs = false;
  private isFolded = false;
  private readonly rows = new Map<number, ResultRow>();

  constructor(
    el: HTMLElement,
    private readonly model: AnyModel<RunStripState>,
    private readonly link: Link,
  ) {
    style(el, "surface", surfaceCss);
    style(el, "strip", stripCss);
    const space = () => h("span", { class: "sws-space" });
    this.root.append(
      h("div", { class: "sws-row" }, this.generate, this.cancel, this.summary, space(), this.reset),
      this.stages,
      this.lost,
      this.reason,
      this.message,
      this.notice,
      h(
        "div",
        { class: "sws-row sws-head" },
        h("h3", {}, "Scenes"),
        this.modelLine,
        space(),
        this.saved,
        this.openFile,
      ),
      this.transfer,
      this.results,
      this.chooser,
    );
    el.append(this.root);
    this.listen();
    const clock = setInterval(() => this.showClock(), CLOCK_MS);
    this.cleanup.add(
      () => clearInterval(clock),
      followTheme(this.root),
      link.subscribe(() => {
        this.showTransfer();
        this.showMessage();
        this.showConnection();
      }),
      bind(model, "run", (run) => this.showRun(run)),
      bind(model, "can_generate", () => this.showButtons()),
      bind(model, "message", () => {
        this.asked = Number.NEGATIVE_INFINITY;
        link.problem = ""; // the kernel has said something newer
        this.showMessage();
      }),
      bind(model, "results", (results) => this.showResults(results)),
      bind(model, "notice", (text) => this.showNotice(text)),
      bind(model, "model_line", (text) => {
        this.modelLine.textContent = text && `model: ${text}`;
      }),
      bind(model, "saved_files", (names) => this.showSaved(names)),
    );
    this.showTransfer();
    this.showConnection();
    this.root.dataset.ready = "";
  }

  dispose(): void {
    this.cleanup.run();
    this.root.remove();
  }

  private listen(): void {
    const send = (kind: "cancel" | "reset") => () => this.link.send({ kind });
    this.cleanup.on(this.generate, "click", () => {
      if (performance.now() - this.asked < ANSWER_MS) return; // a double click
      this.asked = performance.now();
      this.isOurs = true;
      this.link.send({ kind: "generate" });
    });
    this.cleanup.on(this.cancel, "click", send("cancel"));
    this.cleanup.on(this.reset, "click", send("reset"));
    this.cleanup.on(this.openFile, "click", () => this.chooser.click());
    this.cleanup.on(this.chooser, "change", () => {
      const file = this.chooser.files?.[0];
      this.chooser.value = "";
      if (file) void this.link.open(file);
    });
    this.cleanup.on(this.saved, "change", () => {
      const name = this.saved.value;
      this.saved.value = "";
      if (name) this.link.send({ kind: "open_saved", name });
    });
    // Lab's shortcuts (delete a cell with D D) must not act on what has the focus here.
    this.cleanup.on(this.root, "keydown", (event) => {
      event.stopPropagation();
      // The focus goes from Generate to Cancel: a key that is held must not press both.
      if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();
    });
  }

  private get isBusy(): boolean {
    return this.link.connected && ACTIVE.includes(this.run?.status ?? "");
  }

  private showRun(run: RunItem): void {
    const wasBusy = this.isBusy;
    this.run = run;
    this.asked = Number.NEGATIVE_INFINITY;
    this.heard = performance.now();
    this.root.dataset.status = run.status;
    this.stages.hidden = run.stages.length === 0;
    if (this.stages.children.length !== run.stages.length) {
      this.stages.replaceChildren(
        ...run.stages.map(() =>
          h("li", {}, h("div", { class: "sws-bar" }, h("div")), h("span"), h("small")),
        ),
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
    this.reason.hidden = run.status !== "failed" || !run.detail;
    (this.reason.lastElementChild as HTMLElement).textContent = run.detail;
    this.showMessage();
    this.showButtons();
    this.showClock();
    if (!wasBusy || this.isBusy) return;
    if (this.isOurs && run.status === "done") this.goToViewer();
    this.isOurs = false;
  }

  /** The first viewer appears below the list, often outside the window. */
  private goToViewer(): void {
    const began = performance.now();
    const look = () => {
      const { top, bottom } = this.root.getBoundingClientRect();
      if (!this.root.isConnected || bottom < 0 || top > innerHeight) return; // they went elsewhere
      const studio = this.root.closest(".sw-studio");
      const viewer = studio?.querySelector(".sw-viewer");
      if (viewer && viewer.clientHeight > 0) {
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        viewer.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
      } else if (studio && performance.now() - began < VIEWER_MS) setTimeout(look, 100);
    };
    look();
  }

  private showConnection(): void {
    this.lost.hidden = this.link.connected;
    this.root.toggleAttribute("data-lost", !this.link.connected);
    if (!this.link.connected) this.isOurs = false;
    for (const row of this.rows.values()) row.showConnection();
    this.showButtons();
    this.showClock();
  }

  /** Times go on between the kernel's messages, which come only when something happened. */
  private showClock(): void {
    const run = this.run;
    if (!run) return;
    if (!this.link.connected) {
      // How far it came stays; that it goes on would be a lie.
      if (ACTIVE.includes(run.status)) this.summary.textContent = "Stopped";
      return;
    }
    const since = this.isBusy ? (performance.now() - this.heard) / 1000 : 0;
    run.stages.forEach((stage, i) => {
      const time = this.stages.children[i]?.lastElementChild;
      if (time) time.textContent = stageTime(stage, since);
    });
    const total = formatSeconds(run.seconds + since);
    const texts: Record<RunItem["status"], string> = {
      idle: "",
      queued: run.detail || "Waiting for another run",
      running: total,
      cancelling: "Stopping",
      done: `Done in ${total}`,
      cancelled: "Cancelled",
      failed: "Failed",
    };
    if (this.summary.textContent !== texts[run.status]) {
      this.summary.textContent = texts[run.status];
    }
    // A screen reader should hear of the end, not of every tick.
    this.summary.setAttribute("aria-live", this.isBusy ? "off" : "polite");
  }

  private showButtons(): void {
    const { connected } = this.link;
    const ready = this.model.get("can_generate");
    const focused = activeElement(this.root);
    this.generate.disabled = this.isBusy || !ready || !connected;
    this.generate.title = ready ? "Make a scene from the chosen photos" : "Add photos first";
    this.cancel.hidden = !this.isBusy;
    this.cancel.disabled = this.run?.status === "cancelling";
    this.reset.disabled = this.isBusy || !connected;
    this.openFile.disabled = this.saved.disabled = !connected;
    // The browser takes the focus from a button that cannot be pressed any more.
    if (focused === this.generate && this.isBusy) this.cancel.focus();
    else if (focused === this.cancel && !this.isBusy) this.generate.focus();
  }

  private showMessage(): void {
    const { problem } = this.link;
    const said = this.model.get("message");
    const [level, text] = problem ? ["error", problem] : [said.level, said.text];
    const isReason = !this.reason.hidden && text === this.run?.detail;
    this.message.hidden = !text || isReason;
    if (this.message.textContent === (text ?? "") && this.message.dataset.level === level) return;
    this.message.dataset.level = level ?? "info";
    this.message.setAttribute("role", level === "error" ? "alert" : "status");
    this.message.replaceChildren(
      icon(level === "error" ? ICONS.warning : ICONS.info),
      h("span", {}, text ?? ""),
    );
  }

  private showNotice(text: string): void {
    this.notice.hidden = !text;
    this.noticeText.textContent = text;
  }

  private showResults(results: ResultItem[]): void {
    const wanted = new Set(results.map(({ id }) => id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.el.remove();
      this.rows.delete(id);
    }
    // A row that stays keeps its place in the page, and with it the focus.
    results.forEach((result, i) => {
      const row = this.rows.get(result.id) ?? new ResultRow(this.link, result.id);
      this.rows.set(result.id, row);
      row.update(result);
      const there = this.results.children[i];
      if (there !== row.el) this.results.insertBefore(row.el, there ?? null);
    });
    this.results.hidden = results.length === 0;
    // What to know of the model has been read by then; a click unfolds it.
    if (results.length > 0 && !this.isFolded) this.notice.open = false;
    this.isFolded = results.length > 0;
  }

  private showSaved(names: string[]): void {
    const folder = this.model.get("output_dir");
    this.saved.replaceChildren(
      h("option", { value: "" }, `Open from ${folder}…`),
      ...names.map((name) => h("option", { value: name }, name)),
    );
    this.saved.hidden = names.length === 0;
  }

  private showTransfer(): void {
    const upload = this.link.sender.transfers.find(({ state }) => state !== "failed");
    const download = this.link.downloads.progress;
    this.transfer.hidden = !upload && !download;
    if (upload) {
      const state = upload.stalled ? "Waiting for the kernel" : "Opening";
      const text = `${state}: ${upload.source.name}`;
      this.drawTransfer(text, upload.arrived / upload.source.size, () =>
        this.link.sender.cancel(upload.id),
      );
    } else if (download) {
      const state = download.waiting ? "Waiting for the kernel…" : "Downloading";
      this.drawTransfer(`${state} ${download.name}`, download.fraction);
    }
  }

  private drawTransfer(text: string, fraction: number, stop?: () => void): void {
    const bar = h("div", { class: "sws-bar", role: "progressbar", "aria-label": text }, h("div"));
    (bar.firstElementChild as HTMLElement).style.width = `${100 * fraction}%`;
    const close = button("", ICONS.close, "Stop", "sw-plain sw-icon");
    if (stop) close.addEventListener("click", stop);
    close.hidden = !stop;
    this.transfer.replaceChildren(h("span", {}, text), bar, close);
  }
}

function stageTime(stage: StageItem, since: number): string {
  if (stage.state === "waiting") return "";
  return formatSeconds(stage.seconds + (stage.state === "active" ? since : 0));
}
