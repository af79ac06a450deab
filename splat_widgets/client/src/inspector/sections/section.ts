// A part of the panel that folds.
import { Cleanup, h } from "../../page/dom";

export abstract class Section {
  readonly element: HTMLDetailsElement;
  protected readonly body = h("div", { class: "swi-body" });
  protected readonly cleanup = new Cleanup();
  private readonly aside = h("span", { class: "swi-note" });

  /** @param name makes the element's class, `swi-name`. */
  constructor(title: string, open: boolean, name: string) {
    this.element = h(
      "details",
      { class: `swi-section swi-${name}`, open },
      h("summary", {}, h("span", { class: "swi-title" }, title), this.aside),
      this.body,
    );
  }

  /** True while its contents are on the screen; only then need they be loaded and counted. */
  get isOpen(): boolean {
    return this.element.open && !this.element.closest("[hidden]");
  }

  dispose(): void {
    this.cleanup.run();
  }

  /** Sets the short text at the right end of the title, which shows while the section is folded. */
  protected note(text: string): void {
    if (this.aside.textContent !== text) this.aside.textContent = text;
  }
}
