// A scene of the list, with its buttons.
import { activeElement, h, icon } from "../page/dom";
import { type ResultItem, SCENE_FORMATS } from "../page/state.gen";
import type { Link } from "./link";

const ICONS = {
  eye: "M1.5 8s2.5-4.2 6.5-4.2S14.5 8 14.5 8s-2.5 4.2-6.5 4.2S1.5 8 1.5 8M8 6a2 2 0 1 0 .01 0",
  save: "M3 2.8h8l2.2 2.2v8.2H2.8V2.8M5.2 2.8v3.4h5V2.8M5 13.2V9.4h6v3.8",
  keep: "M2.5 5.5h11v8h-11zM4 5.5v-3h8v3M6 8.5h4",
  download: "M8 2.5v7M5 6.8l3 3 3-3M2.8 11.5v2h10.4v-2",
  close: "M4 4l8 8M12 4l-8 8",
};

export function button(text: string, path: string, title: string, kind = ""): HTMLButtonElement {
  const attributes = { type: "button", class: kind, title, "aria-label": title };
  return h("button", attributes, icon(path), ...(text ? [h("span", {}, text)] : []));
}

/** Exists while its scene is in the list. */
export class ResultRow {
  readonly el: HTMLLIElement;
  private readonly title = h("b");
  private readonly facts = h("small");
  private readonly show = button("Show", ICONS.eye, "", "sw-plain sws-show");
  private readonly save = button("Save .ply", ICONS.save, "", "sws-save");
  private readonly keep = button("Save scene", ICONS.keep, "", "sws-keep");
  private readonly get = button("Download", ICONS.download, "", "sws-download");
  private readonly getWhole = button("Download scene", ICONS.keep, "", "sws-download-whole");
  private readonly format = h(
    "select",
    { class: "sws-format" },
    ...SCENE_FORMATS.map(([name, ending]) => h("option", { value: name }, ending)),
  );
  private readonly forget = button("", ICONS.close, "", "sw-plain sw-icon sws-forget");
  private shown = false;
  private name = "";

  constructor(
    private readonly link: Link,
    id: number,
    saves: boolean,
  ) {
    this.el = h(
      "li",
      { "data-id": id },
      h("div", { class: "sws-title" }, this.title, this.facts),
      this.show,
      ...(saves ? [this.keep, this.save] : [this.getWhole]),
      h("span", { class: "sws-as" }, this.format, this.get),
      this.forget,
    );
    const act = (kind: "show" | "save" | "keep" | "forget") => () => link.send({ kind, id });
    this.show.addEventListener("click", act("show"));
    this.save.addEventListener("click", act("save"));
    this.keep.addEventListener("click", act("keep"));
    this.get.addEventListener("click", () => link.download(id, this.format.value));
    this.getWhole.addEventListener("click", () => link.download(id, "splatscene"));
    this.format.value = "ply";
    this.format.addEventListener("change", () => this.nameDownload());
    this.forget.addEventListener("click", act("forget"));
  }

  update(result: ResultItem): void {
    const { title, name, saved, kept, shown } = result;
    this.shown = shown;
    this.name = name;
    this.el.toggleAttribute("data-shown", shown);
    this.title.textContent = this.title.title = title;
    const facts = [
      `${result.count.toLocaleString("en")} Gaussians`,
      result.detail,
      saved ? `saved as ${saved}` : name,
      kept && `whole as ${kept}`,
    ];
    this.facts.textContent = facts.filter(Boolean).join(" · ");
    const word = shown ? "Shown" : "Show";
    (this.show.lastElementChild as HTMLElement).textContent = word;
    label(this.show, `${word}: ${title}`);
    label(this.save, `Save ${title} to the output folder as ${name}`);
    label(this.keep, `Save all of ${title}, with photos, maps and selection, to go on later`);
    label(this.getWhole, `Download all of ${title}, with photos, to open it here another day`);
    label(this.format, `Format of the download of ${title}`);
    this.nameDownload();
    label(this.forget, `Remove ${title} from the list`);
    this.showConnection();
  }

  private nameDownload(): void {
    const ending = this.format.selectedOptions[0]?.textContent ?? "";
    const stem = this.name.replace(/\.[^.]*$/, "");
    label(this.get, `Download ${this.title.textContent} to this computer as ${stem}${ending}`);
  }

  showConnection(): void {
    const { connected } = this.link;
    const focused = activeElement(this.el);
    for (const one of [this.save, this.keep, this.format, this.get, this.getWhole, this.forget])
      one.disabled = !connected;
    this.show.disabled = this.shown || !connected;
    if (focused === this.show && this.show.disabled && connected)
      (this.save.isConnected ? this.save : this.get).focus();
  }
}

function label(element: HTMLElement, text: string): void {
  element.setAttribute("aria-label", text);
  element.title = text;
}
