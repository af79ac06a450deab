// Where the viewers stand: side by side, or two in one place. There they blink, or a divider that is
// dragged shows one on its left and the other on its right.
import type { AnyModel } from "@anywidget/types";
import type { InspectorView } from "../inspector/inspectorView";
import { h, Owner } from "../page/dom";
import type { ComparisonState } from "../page/state.gen";
import { listen } from "../page/sync";
import type { Save } from "./bar";

/** One scene's place on the page. */
export type Cell = { element: HTMLElement; title: HTMLElement; view?: InspectorView };

const KEY_STEP = 0.02; // of the width

export class Stack extends Owner {
  /** Over both pictures: their names, and the divider. */
  private readonly over = h("div", { class: "swc-over", hidden: true });
  private readonly names = [h("span", { class: "swc-name" }), h("span", { class: "swc-name" })];
  private readonly divider = h("div", {
    class: "swc-divider",
    role: "separator",
    tabindex: 0,
    "aria-orientation": "vertical",
    "aria-label": "Divider between the two scenes: drag it, or use the arrow keys",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  });
  private readonly sizes = new ResizeObserver(() => this.fit());
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly grid: HTMLElement,
    private readonly cells: readonly Cell[],
    private readonly model: AnyModel<ComparisonState>,
    private readonly set: Save,
  ) {
    super();
    this.over.append(...this.names, this.divider);
    grid.append(this.over);
    this.sizes.observe(grid);
    this.cleanup.add(
      () => this.sizes.disconnect(),
      () => clearInterval(this.timer),
      listen(model, "mode", () => this.apply()),
      listen(model, "pair", () => this.apply()),
      listen(model, "titles", () => this.apply()),
      listen(model, "blink_s", () => this.apply()),
      listen(model, "wipe_at", () => this.fit()),
    );
    this.cleanup.on(this.divider, "pointerdown", (event: PointerEvent) => this.grab(event));
    this.cleanup.on(this.divider, "keydown", (event: KeyboardEvent) => this.step(event));
  }

  /** A viewer has come. */
  watch({ view }: Cell): void {
    if (view) this.sizes.observe(view.panel.picture);
    this.apply();
  }

  /** Puts every viewer where mode and pair say. */
  apply(): void {
    const { grid, model } = this;
    const [mode, pair, titles] = [model.get("mode"), model.get("pair"), model.get("titles")];
    grid.dataset.mode = mode;
    grid.dataset.count = String(this.cells.length);
    this.cells.forEach(({ element, view }, place) => {
      const part = mode === "grid" ? -1 : pair.indexOf(place);
      element.dataset.part = ["", "first", "second"][part + 1];
      element.hidden = mode !== "grid" && part < 0;
      if (part < 1) {
        element.removeAttribute("style");
        view?.panel.setHeight(view.traits.get("height"));
      }
    });
    this.over.hidden = mode === "grid";
    this.names.forEach((name, i) => {
      name.textContent = titles[pair[i]];
    });
    clearInterval(this.timer);
    grid.removeAttribute("data-second");
    if (mode === "blink")
      this.timer = setInterval(
        () => grid.toggleAttribute("data-second"),
        1000 * model.get("blink_s"),
      );
    this.fit();
  }

  // The second picture lies exactly over the first one, whose own bars stay around it.
  private fit(): void {
    if (this.model.get("mode") === "grid") return;
    const [first, second] = this.model.get("pair").map((place) => this.cells[place]);
    const stage = first?.view?.panel.picture;
    if (!stage || !second) return;
    const frame = this.grid.getBoundingClientRect();
    const { left, top } = stage.getBoundingClientRect();
    const { clientWidth: width, clientHeight: height } = stage;
    const place = { left: left - frame.left, top: top - frame.top, width, height };
    for (const { style } of [second.element, this.over])
      for (const [name, px] of Object.entries(place)) style.setProperty(name, `${px}px`);
    second.view?.panel.setHeight(height);
    const share = this.model.get("wipe_at");
    this.grid.style.setProperty("--swc-wipe", `${100 * share}%`);
    this.divider.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  }

  private grab(event: PointerEvent): void {
    event.preventDefault();
    this.divider.focus();
    this.divider.setPointerCapture(event.pointerId);
    const move = ({ clientX }: PointerEvent) => {
      const { left, width } = this.over.getBoundingClientRect();
      this.wipe((clientX - left) / width);
    };
    const drop = () => {
      this.divider.removeEventListener("pointermove", move);
      this.divider.removeEventListener("lostpointercapture", drop);
    };
    this.divider.addEventListener("pointermove", move);
    this.divider.addEventListener("lostpointercapture", drop);
  }

  private step(event: KeyboardEvent): void {
    const step = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    this.wipe(this.model.get("wipe_at") + step);
  }

  private wipe(share: number): void {
    this.set("wipe_at", Math.min(1, Math.max(0, share)));
  }
}
