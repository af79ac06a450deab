// The studio's strip on the page: run, stages, results.
import type { AnyModel } from "@anywidget/types";
import { Cleanup, h, icon, style } from "../shared/dom";
import { newId } from "../shared/ids";
import type { ResultItem, RunItem, RunStripState, StageItem } from "../shared/state.gen";
import surfaceCss from "../shared/surface.css";
import { bind } from "../shared/sync";
import { followTheme } from "../shared/theme";
import type { Link } from "./index";
import stripCss from "./strip.css";

const ICONS = {
  play: "M4.5 2.8v10.4l8.5-5.2z",
  stop: "M4 4h8v8H4z",
  info: "M8 2a6 6 0 1 0 .01 0M8 7.2v4M8 4.9v.01",
  warning: "M8 2.2l6.3 11.2H1.7zM8 6.4v3.4M8 11.6v.01",
  eye: "M1.5 8s2.5-4.2 6.5-4.2S14.5 8 14.5 8s-2.5 4.2-6.5 4.2S1.5 8 1.5 8M8 6a2 2 0 1 0 .01 0",
  save: "M3 2.8h8l2.2 2.2v8.2H2.8V2.8M5.2 2.8v3.4h5V2.8M5 13.2V9.4h6v3.8",
  download: "M8 2.5v7M5 6.8l3 3 3-3M2.8 11.5v2h10.4v-2",
  close: "M4 4l8 8M12 4l-8 8",
  folder: "M1.8 3.5h4.4l1.4 1.7h6.6v7.6H1.8z",
};
const CLOCK_MS = 200;
const ACTIVE = ["queued", "running", "cancelling"];

function button(text: string, path: string, title: string, kind = ""): HTMLButtonElement {
  const attributes = { type: "button", class: kind, title, "aria-label": title };
  return h("button", attributes, icon(path), ...(text ? [h("span", {}, text)] : []));
}

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
    "Reset",
    ICONS.close,
    "Remove the photos, empty the viewer",
    "sw-plain sws-reset",
  );
  private readonly summary = h("span", { class: "sws-summary", role: "status" });
  private readonly stages = h("ol", { class: "sws-stages" });
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
  private readonly notice = h("p", { class: "sws-notice" }, icon(ICONS.info), h("span"));
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
      link.subscribe(() => this.showTransfer()),
      bind(model, "run", (run) => this.showRun(run)),
      bind(model, "can_generate", () => this.showButtons()),
      bind(model, "message", ({ level, text }) => this.showMessage(level, text)),
      bind(model, "results", (results) => this.showResults(results)),
      bind(model, "notice", (text) => this.showNotice(text)),
      bind(model, "model_line", (text) => {
        this.modelLine.textContent = text && `model: ${text}`;
      }),
      bind(model, "saved_files", (names) => this.showSaved(names)),
    );
    this.showTransfer();
    this.root.dataset.ready = "";
  }

  dispose(): void {
    this.cleanup.run();
    this.root.remove();
  }

  private listen(): void {
    const send = (kind: string) => () => this.link.send({ kind });
    this.cleanup.on(this.generate, "click", send("generate"));
    this.cleanup.on(this.cancel, "click", send("cancel"));
    this.cleanup.on(this.reset, "click", send("reset"));
    this.cleanup.on(this.openFile, "click", () => this.chooser.click());
    this.cleanup.on(this.chooser, "change", () => {
      const file = this.chooser.files?.[0];
      this.chooser.value = "";
      if (file) this.link.sender.add(newId(), file);
    });
    this.cleanup.on(this.saved, "change", () => {
      const name = this.saved.value;
      this.saved.value = "";
      if (name) this.link.send({ kind: "open_saved", name });
    });
    // Lab's shortcuts (delete a cell with D D) must not act on what has the focus here.
    this.cleanup.on(this.root, "keydown", (event) => event.stopPropagation());
  }

  private get isBusy(): boolean {
    return ACTIVE.includes(this.run?.status ?? "");
  }

  private showRun(run: RunItem): void {
    this.run = run;
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
    this.showButtons();
    this.showClock();
  }

  /** Times go on between the kernel's messages, which come only when something happened. */
  private showClock(): void {
    const run = this.run;
    if (!run) return;
    const since = this.isBusy ? (performance.now() - this.heard) / 1000 : 0;
    run.stages.forEach((stage, i) => {
      const time = this.stages.children[i]?.lastElementChild;
      if (time) time.textContent = stageTime(stage, since);
    });
    const total = formatSeconds(run.seconds + since);
    const texts: Record<RunItem["status"], string> = {
      idle: "",
      queued: "Waiting for another run",
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
    const ready = this.model.get("can_generate");
    this.generate.disabled = this.isBusy || !ready;
    this.generate.title = ready ? "Make a scene from the chosen photos" : "Add photos first";
    this.cancel.hidden = !this.isBusy;
    this.cancel.disabled = this.run?.status === "cancelling";
    this.reset.disabled = this.isBusy;
  }

  private showMessage(level: string | undefined, text: string | undefined): void {
    this.message.hidden = !text;
    this.message.dataset.level = level ?? "info";
    this.message.setAttribute("role", level === "error" ? "alert" : "status");
    this.message.replaceChildren(
      icon(level === "error" ? ICONS.warning : ICONS.info),
      h("span", {}, text ?? ""),
    );
  }

  private showNotice(text: string): void {
    this.notice.hidden = !text;
    (this.notice.lastElementChild as HTMLElement).textContent = text;
  }

  private showResults(results: ResultItem[]): void {
    this.results.replaceChildren(...results.map((result) => this.row(result)));
    this.results.hidden = results.length === 0;
  }

  private row(result: ResultItem): HTMLLIElement {
    const { id, title, shown } = result;
    const act = (kind: string) => () => this.link.send({ kind, id });
    const label = shown ? "Shown" : "Show";
    const show = button(label, ICONS.eye, `${label}: ${title}`, "sw-plain sws-show");
    const save = button("Save .ply", ICONS.save, `Save ${title} to the output folder`, "sws-save");
    const get = button(
      "Download",
      ICONS.download,
      `Download ${title} to this computer`,
      "sws-download",
    );
    const forget = button(
      "",
      ICONS.close,
      `Take ${title} off the list`,
      "sw-plain sw-icon sws-forget",
    );
    show.disabled = shown;
    show.addEventListener("click", act("show"));
    save.addEventListener("click", act("save"));
    get.addEventListener("click", () => this.link.download(id));
    forget.addEventListener("click", act("forget"));
    const facts = [
      `${result.count.toLocaleString("en")} Gaussians`,
      result.detail,
      result.saved && `saved as ${result.saved}`,
    ];
    return h(
      "li",
      { "data-shown": shown, "data-id": id },
      h(
        "div",
        { class: "sws-title" },
        h("b", { title }, title),
        h("small", {}, facts.filter(Boolean).join(" · ")),
      ),
      show,
      save,
      get,
      forget,
    );
  }

  private showSaved(names: string[]): void {
    const folder = this.model.get("output_dir");
    this.saved.replaceChildren(
      h("option", { value: "" }, `Saved in ${folder}`),
      ...names.map((name) => h("option", { value: name }, name)),
    );
    this.saved.hidden = names.length === 0;
  }

  private showTransfer(): void {
    const [upload] = this.link.sender.transfers;
    const download = this.link.downloads.progress;
    this.transfer.hidden = !upload && !download;
    if (upload) {
      const failed = upload.state === "failed";
      const text = failed
        ? `${upload.source.name}: ${upload.reason}`
        : `${upload.stalled ? "Waiting for the kernel" : "Opening"}: ${upload.source.name}`;
      this.drawTransfer(text, upload.arrived / upload.source.size, () =>
        this.link.sender.cancel(upload.id),
      );
    } else if (download) {
      this.drawTransfer(`Downloading ${download.name}`, download.fraction);
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
