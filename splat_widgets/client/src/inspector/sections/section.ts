// A part of the panel that folds.
import { h, Owner } from "../../page/dom";

export abstract class Section extends Owner {
  readonly element: HTMLDetailsElement;
  protected readonly body = h("div", { class: "swi-body" });
  private readonly aside = h("span", { class: "swi-note" });

  /** @param name makes the element's class, `swi-name`. */
  constructor(title: string, open: boolean, name: string) {
    super();
    this.element = h(
      "details",
      { class: `swi-section swi-${name}`, open },
      h("summary", {}, h("span", { class: "swi-title" }, title), this.aside),
      this.body,
    );
    this.element.addEventListener("toggle", () => this.update());
  }

  /** True while its contents are on the screen; others need not be loaded or counted. */
  get isOpen(): boolean {
    return this.element.open && !this.element.closest("[hidden]");
  }

  /** Shows the present state; runs also when the section is folded or unfolded. */
  protected update(): void {}

  /** Sets the short text at the right end of the title, which shows while the section is folded. */
  protected note(text: string): void {
    if (this.aside.textContent !== text) this.aside.textContent = text;
  }
}
