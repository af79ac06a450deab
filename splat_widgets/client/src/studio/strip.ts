// The studio's strip on the page: buttons, the run, messages, the scenes.
import type { AnyModel } from "@anywidget/types";
import { activeElement, Cleanup, h, icon, style } from "../page/dom";
import { isApp, kernelGone } from "../page/host";
import type { RunItem, RunStripState } from "../page/state.gen";
import surfaceCss from "../page/surface.css";
import { bind } from "../page/sync";
import { followTheme } from "../page/theme";
import type { Link } from "./link";
import { NoticeView } from "./notice";
import { RefineView } from "./refine";
import { button } from "./row";
import { RunView } from "./run";
import { ScenesView } from "./scenes";
import stripCss from "./strip.css";
import { VerdictView } from "./verdict";

const ICONS = {
  play: "M4.5 2.8v10.4l8.5-5.2z",
  stop: "M4 4h8v8H4z",
  info: "M8 2a6 6 0 1 0 .01 0M8 7.2v4M8 4.9v.01",
  warning: "M8 2.2l6.3 11.2H1.7zM8 6.4v3.4M8 11.6v.01",
  close: "M4 4l8 8M12 4l-8 8",
};
const CLOCK_MS = 200;
const ANSWER_MS = 2_000; // for the kernel to answer a click, before another one counts
const VIEWER_MS = 5_000; // for a new viewer to appear on the page

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
    h("span", {}, kernelGone()),
  );
  private readonly busyKernel = h(
    "span",
    { class: "sws-busy", role: "status", hidden: true },
    isApp() ? "Waiting for the program" : "Waiting for the running cell",
  );
  private readonly message = h("p", { class: "sws-message" });
  private readonly notice = new NoticeView();
  private readonly run: RunView;
  private readonly scenes: ScenesView;
  private readonly estimate = h("span", { class: "sws-estimate", title: "What the run will take" });
  private readonly refine: RefineView;
  private readonly verdict: VerdictView;
  private readonly cleanup = new Cleanup();
  /** When Generate was clicked here and the kernel has not answered yet. */
  private askedMs = Number.NEGATIVE_INFINITY;
  /** Whether this page started the run: only then it scrolls to the scene. */
  private isOurs = false;

  constructor(
    el: HTMLElement,
    private readonly model: AnyModel<RunStripState>,
    private readonly link: Link,
  ) {
    style(el, "surface", surfaceCss);
    style(el, "strip", stripCss);
    this.run = new RunView(model.get("run"), () => link.connected);
    this.scenes = new ScenesView(link, model.get("saves"));
    this.refine = new RefineView(model, link);
    this.verdict = new VerdictView(model, link, () => this.run.isBusy);
    this.build();
    el.append(this.root);
    this.listen();
    this.bind();
    this.scenes.showTransfer();
    this.showConnection();
    this.root.dataset.ready = "";
  }

  dispose(): void {
    this.cleanup.run();
    this.root.remove();
  }

  private build(): void {
    const { run, scenes } = this;
    const space = () => h("span", { class: "sws-space" });
    const row = (kind: string, ...parts: (Node | string)[]) =>
      h("div", { class: `sws-row ${kind}` }, ...parts);
    this.root.append(
      row(
        "",
        this.generate,
        this.cancel,
        run.summary,
        this.busyKernel,
        this.estimate,
        space(),
        this.reset,
      ),
      this.refine.element,
      run.stages,
      this.verdict.element,
      this.lost,
      this.reason,
      this.message,
      this.notice.element,
      row(
        "sws-head",
        h("h3", {}, "Scenes"),
        this.notice.model,
        space(),
        scenes.saved,
        scenes.openFile,
      ),
      scenes.transfer,
      scenes.list,
      scenes.chooser,
    );
  }

  private listen(): void {
    const send = (kind: "cancel" | "reset") => () => this.link.send({ kind });
    this.cleanup.on(this.generate, "click", () => {
      const { isWaiting } = this.link.answers;
      if (isWaiting || performance.now() - this.askedMs < ANSWER_MS) return; // a double click
      this.askedMs = performance.now();
      this.isOurs = true;
      this.link.send({ kind: "generate" });
    });
    this.cleanup.on(this.cancel, "click", send("cancel"));
    this.cleanup.on(this.reset, "click", send("reset"));
    // Lab's shortcuts (delete a cell with D D) must not act on what has the focus here.
    this.cleanup.on(this.root, "keydown", (event) => {
      event.stopPropagation();
      // The focus goes from Generate to Cancel: a key that is held must not press both.
      if (event.repeat && event.target instanceof HTMLButtonElement) event.preventDefault();
    });
  }

  private bind(): void {
    const { model, link, scenes } = this;
    const clock = setInterval(() => this.run.tick(), CLOCK_MS);
    this.cleanup.add(
      () => clearInterval(clock),
      () => this.refine.dispose(),
      () => this.verdict.dispose(),
      followTheme(this.root),
      link.subscribe(() => {
        scenes.showTransfer();
        this.showMessage();
        this.showConnection();
        this.busyKernel.hidden = !link.answers.isWaiting;
      }),
      bind(model, "run", (run) => this.showRun(run)),
      bind(model, "can_generate", () => this.showButtons()),
      bind(model, "estimate", () => this.showButtons()),
      bind(model, "message", () => {
        this.askedMs = Number.NEGATIVE_INFINITY;
        link.problem = ""; // the kernel sent a newer message
        this.showMessage();
      }),
      bind(model, "results", (results) => {
        scenes.showResults(results);
        this.notice.setScenes(results.length > 0);
      }),
      bind(model, "notice", (text) => this.notice.setText(text)),
      bind(model, "model_line", (text) => this.notice.setModel(text)),
      bind(model, "saved_files", (names) => scenes.showSaved(names, model.get("output_dir"))),
    );
  }

  private showRun(item: RunItem): void {
    const wasBusy = this.run.isBusy;
    this.askedMs = Number.NEGATIVE_INFINITY;
    this.run.show(item);
    this.root.dataset.status = item.status;
    this.root.toggleAttribute("data-doubt", item.doubt);
    this.reason.hidden = !this.run.reason;
    (this.reason.lastElementChild as HTMLElement).textContent = this.run.reason;
    this.showMessage();
    this.showButtons();
    if (!wasBusy || this.run.isBusy) return;
    if (this.isOurs && item.status === "done") this.goToViewer();
    this.isOurs = false;
  }

  /** Scrolls to the first viewer: it appears below the list, often outside the window. */
  private goToViewer(): void {
    const began = performance.now();
    const look = () => {
      const { top, bottom } = this.root.getBoundingClientRect();
      if (!this.root.isConnected || bottom < 0 || top > innerHeight) return; // the user has scrolled away
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
    const { connected } = this.link;
    this.lost.hidden = connected;
    this.root.toggleAttribute("data-lost", !connected);
    if (!connected) this.isOurs = false;
    this.scenes.showConnection();
    this.refine.showConnection();
    this.showButtons();
    this.run.tick();
  }

  private showButtons(): void {
    const { connected } = this.link;
    const { isBusy } = this.run;
    const ready = this.model.get("can_generate");
    const focused = activeElement(this.root);
    this.generate.disabled = isBusy || !ready || !connected;
    this.generate.title = ready ? "Make a scene from the chosen photos" : "Add photos first";
    const estimate = this.model.get("estimate");
    this.estimate.hidden = isBusy || !ready || !estimate;
    const isAgain = this.run.status === "done";
    this.estimate.textContent = `${isAgain ? "The next takes" : "Takes"} ${estimate}`;
    this.verdict.update();
    this.cancel.hidden = !isBusy;
    this.cancel.disabled = this.run.status === "cancelling";
    this.reset.disabled = isBusy || !connected;
    // The browser takes the focus from a button that cannot be pressed any more.
    if (focused === this.generate && isBusy) this.cancel.focus();
    else if (focused === this.cancel && !isBusy) this.generate.focus();
  }

  private showMessage(): void {
    const { problem } = this.link;
    const last = this.model.get("message");
    const [level, text] = problem ? ["error", problem] : [last.level, last.text];
    this.message.hidden = !text || text === this.run.reason;
    if (this.message.textContent === (text ?? "") && this.message.dataset.level === level) return;
    this.message.dataset.level = level ?? "info";
    this.message.setAttribute("role", level === "error" ? "alert" : "status");
    this.message.replaceChildren(
      icon(level === "error" ? ICONS.warning : ICONS.info),
      h("span", {}, text ?? ""),
    );
  }
}
