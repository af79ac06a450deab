// A comparison on a page: a bar of controls, the viewers in a grid or in one place, what was found.
import type { AnyModel } from "@anywidget/types";
import { InspectorView } from "../inspector/inspectorView";
import { h, Owner, style } from "../page/dom";
import { partOf } from "../page/parts";
import type { ComparisonState, InspectorState } from "../page/state.gen";
import { hideStill } from "../page/still";
import surfaceCss from "../page/surface.css";
import { bind, listen, Saver } from "../page/sync";
import { followTheme } from "../page/theme";
import { Asking } from "./asking";
import { Bar, type Save } from "./bar";
import css from "./comparison.css";
import foundCss from "./found.css";
import { LinkedViews } from "./linkedViews";
import { MapsSection } from "./mapsSection";
import { NumbersSection } from "./numbersSection";
import { PictureSection, type View } from "./pictureSection";
import { type Cell, Stack } from "./stack";

const ADVICE = "Show its views one by one: comparison.views[0], comparison.views[1], …";
const MODE_KEYS: Record<string, ComparisonState["mode"]> = { g: "grid", b: "blink", w: "wipe" };

export class ComparisonView extends Owner {
  private readonly root = h("div", { class: "sw-surface sw-comparison" });
  private readonly notes = h("ul", { class: "swc-notes" });
  private readonly grid = h("div", { class: "swc-grid" });
  private readonly cells: Cell[] = [];
  private readonly linked = new LinkedViews();
  private readonly saver: Saver<ComparisonState>;
  private readonly asking: Asking;
  private disposed = false;

  constructor(
    private readonly model: AnyModel<ComparisonState>,
    el: HTMLElement,
  ) {
    super();
    style(el, "surface", surfaceCss);
    style(el, "comparison", css + foundCss);
    this.asking = new Asking(model);
    this.saver = new Saver(model, (values) => this.asking.saveTraits(values));
    const set = this.saver.set.bind(this.saver);
    const bar = new Bar(model, set);
    const stack = new Stack(this.grid, this.cells, model, set);
    const picture = new PictureSection(this.asking, () => this.view());
    const maps = new MapsSection(
      this.asking,
      () => ({ pair: model.get("pair"), attribute: model.get("attribute") }),
      (name) => set("attribute", name),
    );
    const sections = [picture, maps, new NumbersSection(this.asking)];
    this.root.append(bar.element, this.notes, this.grid, ...sections.map((one) => one.element));
    this.linked.onTurned = () => picture.turned();
    this.asking.onWaiting = () => {
      for (const one of sections) one.showWaiting();
    };
    el.append(this.root);
    const still = hideStill(model);
    still.hidden = true;
    model.get("_parts").forEach((reference, place) => {
      void this.show(reference, place).then((cell) => this.disposed || stack.watch(cell));
    });
    stack.apply();
    this.cleanup.on(this.root, "keydown", (event) => this.key(event, set), { capture: true });
    this.cleanup.add(
      () => this.root.remove(),
      () => still.dispose(),
      () => this.saver.dispose(),
      () => bar.dispose(),
      () => stack.dispose(),
      () => {
        for (const { view } of this.cells) view?.dispose();
      },
      () => this.linked.dispose(),
      followTheme(this.root),
      ...sections.map((one) => () => one.dispose()),
      () => this.asking.dispose(),
      bind(model, "catalogue", (items) => maps.setItems(items)),
      bind(model, "attribute", (name) => maps.choose(name)),
      listen(model, "pair", () => {
        picture.outdate();
        maps.outdate();
      }),
      bind(model, "notes", (notes) => this.showNotes(notes)),
      bind(model, "titles", (titles) => this.showTitles(titles)),
    );
  }

  override dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    super.dispose();
  }

  // Before the viewers, which keep their keys from the notebook.
  private key(event: KeyboardEvent, set: Save): void {
    const { target } = event;
    const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    const mode = MODE_KEYS[event.key.toLowerCase()];
    if (!mode || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    set("mode", mode === this.model.get("mode") ? "grid" : mode);
  }

  /** What a picture of differences shows. */
  private view(): View | undefined {
    const pair = this.model.get("pair");
    const camera = this.linked.state;
    const stage = this.cells[pair[0]]?.view?.panel.picture;
    if (!camera || !stage) return undefined;
    return { pair, camera, width: stage.clientWidth, height: stage.clientHeight };
  }

  private async show(reference: string, place: number): Promise<Cell> {
    const title = h("figcaption", { class: "swc-title" });
    const host = h("div", { class: "swc-view" });
    const cell: Cell = { element: h("figure", { class: "swc-cell" }, title, host), title };
    this.cells.push(cell);
    this.grid.append(cell.element);
    try {
      const model = await partOf<InspectorState>(this.model as AnyModel, reference, ADVICE);
      if (this.disposed) return cell;
      cell.view = new InspectorView(model, host);
      cell.view.panel.frame = this.root;
      this.linked.add(cell.view, this.model.get("_frames")[place]);
    } catch (error) {
      console.error(error);
      const problem = error instanceof Error ? error.message : String(error);
      host.append(h("p", { class: "swc-problem", role: "alert" }, problem));
    }
    return cell;
  }

  private showTitles(titles: string[]): void {
    this.cells.forEach(({ title }, place) => {
      title.textContent = titles[place] ?? "";
      title.title = titles[place] ?? "";
    });
  }

  private showNotes(notes: string[]): void {
    this.notes.hidden = notes.length === 0;
    this.notes.replaceChildren(...notes.map((note) => h("li", {}, note)));
  }
}
