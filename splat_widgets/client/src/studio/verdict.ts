// What the photos say of the scene, in words; and a button where one click refines it.
import type { AnyModel } from "@anywidget/types";
import { h, icon, Owner } from "../page/dom";
import type { RunStripState, VerdictItem } from "../page/state.gen";
import { bind } from "../page/sync";
import type { Link } from "./link";

const ICONS: Record<VerdictItem["level"], string> = {
  none: "",
  good: "M2.5 8.5l3.5 3.5 7.5-8",
  doubt: "M8 2.2l6.3 11.2H1.7zM8 6.4v3.4M8 11.6v.01",
};

export class VerdictView extends Owner {
  readonly element = h("p", { class: "sws-message sws-verdict", role: "status", hidden: true });
  private readonly text = h("span", { class: "sws-verdict-text" });
  private readonly refine = h(
    "button",
    {
      type: "button",
      class: "sws-refine-now",
      title: "Make the scene again, refined with the photos",
    },
    "Refine",
  );

  /** @param isBusy whether a run is going on. */
  constructor(
    model: AnyModel<RunStripState>,
    private readonly link: Link,
    private readonly isBusy: () => boolean,
  ) {
    super();
    this.refine.addEventListener("click", () => link.send({ kind: "refine_now" }));
    this.cleanup.add(bind(model, "verdict", (verdict) => this.show(verdict)));
  }

  /** The line or the run has changed. */
  update(): void {
    this.refine.disabled = !this.link.connected || this.isBusy();
  }

  private show({ level, text, can_refine }: VerdictItem): void {
    this.element.hidden = !text;
    this.element.dataset.level = level;
    // A screen reader reads it again each time.
    if (this.text.textContent !== text) {
      this.text.textContent = text;
      this.element.replaceChildren(icon(ICONS[level]), this.text);
    }
    if (can_refine) this.element.append(this.refine);
    else this.refine.remove();
    this.update();
  }
}
