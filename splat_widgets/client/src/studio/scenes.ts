// The scenes in the strip: the list, opening others, files on their way.
import { h } from "../page/dom";
import { kernel } from "../page/host";
import { type ResultItem, SCENE_SUFFIXES } from "../page/state.gen";
import type { Link } from "./link";
import { button, ResultRow } from "./row";

const ICONS = {
  close: "M4 4l8 8M12 4l-8 8",
  folder: "M1.8 3.5h4.4l1.4 1.7h6.6v7.6H1.8z",
};

export class ScenesView {
  readonly list = h("ul", { class: "sws-results" });
  readonly transfer = h("div", { class: "sws-transfer", hidden: true });
  readonly openFile = button(
    "Open scene",
    ICONS.folder,
    "Open a scene of this computer",
    "sw-plain",
  );
  readonly chooser = h("input", {
    type: "file",
    accept: SCENE_SUFFIXES.filter((ending) => ending.startsWith(".")).join(","),
    hidden: true,
    "aria-label": "Scene to open",
  });
  readonly saved = h("select", {
    "aria-label": "Open a saved scene",
    title: "Open a scene of the output folder",
  });
  private readonly rows = new Map<number, ResultRow>();

  constructor(
    private readonly link: Link,
    private readonly saves: boolean,
  ) {
    this.openFile.addEventListener("click", () => this.chooser.click());
    this.chooser.addEventListener("change", () => {
      const file = this.chooser.files?.[0];
      this.chooser.value = "";
      if (file) void link.open(file);
    });
    this.saved.addEventListener("change", () => {
      const name = this.saved.value;
      this.saved.value = "";
      if (name) link.send({ kind: "open_saved", name });
    });
  }

  showResults(results: ResultItem[]): void {
    const wanted = new Set(results.map(({ id }) => id));
    for (const [id, row] of this.rows) {
      if (wanted.has(id)) continue;
      row.el.remove();
      this.rows.delete(id);
    }
    // A row that stays keeps its place in the page, and with it the focus.
    results.forEach((result, i) => {
      const row = this.rows.get(result.id) ?? new ResultRow(this.link, result.id, this.saves);
      this.rows.set(result.id, row);
      row.update(result);
      const there = this.list.children[i];
      if (there !== row.el) this.list.insertBefore(row.el, there ?? null);
    });
    this.list.hidden = results.length === 0;
  }

  showSaved(names: string[], folder: string): void {
    this.saved.replaceChildren(
      h("option", { value: "" }, `Open from ${folder}…`),
      ...names.map((name) => h("option", { value: name }, name)),
    );
    this.saved.hidden = names.length === 0;
  }

  showConnection(): void {
    this.openFile.disabled = this.saved.disabled = !this.link.connected;
    for (const row of this.rows.values()) row.showConnection();
  }

  showTransfer(): void {
    const upload = this.link.sender.transfers.find(({ state }) => state !== "failed");
    const download = this.link.downloads.progress;
    this.transfer.hidden = !upload && !download;
    if (upload) {
      const state = upload.stalled ? `Waiting for ${kernel()}` : "Opening";
      const text = `${state}: ${upload.source.name}`;
      this.drawTransfer(text, upload.arrived / upload.source.size, () =>
        this.link.sender.cancel(upload.id),
      );
    } else if (download) {
      const state = download.waiting ? `Waiting for ${kernel()}…` : "Downloading";
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
