// The studio on the page: its parts one below the other in one element.
import type { AnyModel } from "@anywidget/types";
import { Cleanup, h, style } from "../page/dom";
import type { StudioState } from "../page/state.gen";
import { hideStill } from "../page/still";
import surfaceCss from "../page/surface.css";
import { bind } from "../page/sync";
import type { Parts } from "./parts";
import studioCss from "./studio.css";

export class StudioView {
  private readonly root = h("div", { class: "sw-studio" });
  private readonly shown = new Map<string, { el: HTMLElement; release: Promise<() => void> }>();
  private readonly cleanup = new Cleanup();

  constructor(
    el: HTMLElement,
    model: AnyModel<StudioState>,
    private readonly parts: Parts,
  ) {
    style(el, "surface", surfaceCss);
    style(el, "studio", studioCss);
    el.append(this.root);
    const still = hideStill(model);
    still.hidden = true;
    this.cleanup.add(
      () => still.dispose(),
      bind(model, "_parts", (references) => this.show(references)),
    );
  }

  dispose(): void {
    this.cleanup.run();
    this.show([]);
    this.root.remove();
  }

  private show(references: string[]): void {
    for (const [reference, { el, release }] of this.shown) {
      if (references.includes(reference)) continue;
      this.shown.delete(reference);
      el.remove();
      void release.then((run) => run());
    }
    for (const reference of references) {
      if (this.shown.has(reference)) continue;
      const el = h("div");
      this.root.append(el);
      this.shown.set(reference, { el, release: this.draw(reference, el) });
    }
  }

  private async draw(reference: string, el: HTMLElement): Promise<() => void> {
    try {
      return await this.parts.render(reference, el);
    } catch (error) {
      console.error(error);
      const problem = error instanceof Error ? error.message : String(error);
      el.append(h("p", { class: "sw-surface sw-problem", role: "alert" }, problem));
      return () => {};
    }
  }
}
