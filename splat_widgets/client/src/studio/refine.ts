// The choice whether the photos decide about depth and Gaussians, and the rule of its default.
import type { AnyModel } from "@anywidget/types";
import { h, Owner } from "../page/dom";
import type { RefineChoice, RunStripState } from "../page/state.gen";
import { bind } from "../page/sync";
import type { Link } from "./link";

const CHOICES: Record<RefineChoice, string> = { auto: "Auto", on: "On", off: "Off" };
const KEYS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

export class RefineView extends Owner {
  readonly element: HTMLElement;
  private readonly buttons = new Map<RefineChoice, HTMLButtonElement>();
  private readonly line = h("small", { class: "sws-rule" });

  constructor(
    model: AnyModel<RunStripState>,
    private readonly link: Link,
  ) {
    super();
    const group = h("div", {
      class: "sws-choices",
      role: "radiogroup",
      "aria-label": "Refine with the photos",
    });
    for (const [choice, text] of Object.entries(CHOICES) as [RefineChoice, string][]) {
      const button = h("button", { type: "button", role: "radio" }, text);
      button.addEventListener("click", () => this.choose(choice));
      this.buttons.set(choice, button);
      group.append(button);
    }
    this.cleanup.on(group, "keydown", (event) => this.key(event));
    this.element = h(
      "div",
      { class: "sws-refine" },
      h("span", {}, "Refine with the photos"),
      group,
      this.line,
    );
    this.cleanup.add(
      bind(model, "refine", (chosen) => this.show(chosen)),
      bind(model, "refine_line", (text) => {
        this.line.textContent = text;
      }),
    );
  }

  showConnection(): void {
    for (const button of this.buttons.values()) button.disabled = !this.link.connected;
  }

  private show(chosen: RefineChoice): void {
    for (const [choice, button] of this.buttons) {
      button.setAttribute("aria-checked", String(choice === chosen));
      button.tabIndex = choice === chosen ? 0 : -1; // arrow keys go on from there
    }
  }

  private choose(choice: RefineChoice): void {
    this.show(choice);
    this.link.send({ kind: "refine", choice });
  }

  private key(event: KeyboardEvent): void {
    const step = KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...this.buttons.keys()];
    const at = all.findIndex((choice) => this.buttons.get(choice) === event.target);
    const next = all[(at + step + all.length) % all.length];
    this.choose(next);
    this.buttons.get(next)?.focus();
  }
}
