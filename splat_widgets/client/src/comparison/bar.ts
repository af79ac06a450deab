// The row of controls over the viewers: how they stand, and which two are compared.
import type { AnyModel } from "@anywidget/types";
import { segments } from "../inspector/controls/buttons";
import { h, Owner } from "../page/dom";
import type { ComparisonState } from "../page/state.gen";
import { bind } from "../page/sync";

/** Changes a trait here at once and in Python soon. */
export type Save = <K extends keyof ComparisonState & string>(
  key: K,
  value: ComparisonState[K],
) => void;

type Mode = ComparisonState["mode"];

const MODES: { value: Mode; text: string; label: string }[] = [
  { value: "grid", text: "Side by side", label: "All scenes beside each other (G)" },
  { value: "blink", text: "Blink", label: "Two scenes in one place, by turns (B)" },
  { value: "wipe", text: "Wipe", label: "Two scenes in one place, with a divider to drag (W)" },
];
// A cycle shows both. Three flashes a second and more may cause seizures (WCAG 2.3.1).
const FASTEST_S = 0.2;
const SLOWEST_S = 2;

export class Bar extends Owner {
  readonly element: HTMLElement;
  private readonly menus = ["First", "Second"].map((label, i) => {
    const menu = h("select", { "aria-label": `${label} of the two`, title: `${label} of the two` });
    menu.addEventListener("change", () => this.choose(i, Number(menu.value)));
    return menu;
  });

  constructor(
    private readonly model: AnyModel<ComparisonState>,
    private readonly set: Save,
  ) {
    super();
    const modes = segments("How the scenes stand", MODES, (mode) => set("mode", mode));
    const rate = h("input", {
      type: "range",
      min: String(FASTEST_S),
      max: String(SLOWEST_S),
      step: "0.1",
      "aria-label": "Seconds that each scene is shown",
      title: "Seconds that each scene is shown",
    });
    rate.addEventListener("input", () => set("blink_s", rate.valueAsNumber));
    const seconds = h("output");
    const every = h("label", { class: "swc-field" }, "every", rate, seconds);
    const one = h("input", { type: "checkbox" });
    one.addEventListener("change", () => set("one_range", one.checked));
    const scale = h(
      "label",
      { class: "swc-field", title: "Views that show the same attribute share one colour scale" },
      one,
      "One colour scale",
    );
    const [first, second] = this.menus;
    const pair = h("div", { class: "swc-field" }, first, "and", second);
    this.element = h(
      "div",
      { class: "swc-bar", role: "toolbar", "aria-label": "Comparison" },
      modes.element,
      every,
      pair,
      scale,
    );
    const shape = () => {
      const mode = model.get("mode");
      modes.set(mode);
      every.hidden = mode !== "blink";
    };
    this.cleanup.add(
      bind(model, "mode", shape),
      bind(model, "blink_s", (value) => {
        rate.value = String(value);
        seconds.textContent = `${value.toFixed(1)} s`;
      }),
      bind(model, "one_range", (on) => {
        one.checked = on;
      }),
      bind(model, "titles", (titles) => this.fill(titles)),
      bind(model, "pair", () => this.mark()),
    );
  }

  private fill(titles: string[]): void {
    for (const menu of this.menus)
      menu.replaceChildren(...titles.map((title, i) => h("option", { value: String(i) }, title)));
    this.mark();
  }

  private mark(): void {
    this.model.get("pair").forEach((place, i) => {
      this.menus[i].value = String(place);
    });
  }

  // Choosing the other one swaps the two.
  private choose(which: number, place: number): void {
    const pair: [number, number] = [...this.model.get("pair")];
    if (pair[1 - which] === place) pair.reverse();
    else pair[which] = place;
    this.set("pair", pair);
  }
}
