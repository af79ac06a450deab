// A field for a number: Enter or leaving it takes the typed number, Escape restores the old one.
import { h } from "../../page/dom";
import { fieldText, parseField } from "../plots/numbers";

export class NumberField {
  readonly element: HTMLInputElement;
  private value: number | null = null;

  /**
   * @param changed gets the number, or null for a field that was emptied.
   * @param allows is asked before a typed number is taken; null is an empty field.
   */
  constructor(
    label: string,
    private readonly changed: (value: number | null) => void,
    private readonly allows: (value: number | null) => boolean = () => true,
  ) {
    this.element = h("input", {
      type: "text",
      inputmode: "decimal",
      class: "swi-number",
      "aria-label": label,
      title: label,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.element.addEventListener("change", () => this.take());
    this.element.addEventListener("input", () => this.element.removeAttribute("aria-invalid"));
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.take();
      else if (event.key === "Escape") this.show();
      else return;
      event.preventDefault();
    });
  }

  /** @param placeholder is shown while the field is empty. */
  set(value: number | null | undefined, placeholder = ""): void {
    this.value = value ?? null;
    this.element.placeholder = placeholder;
    this.show();
  }

  private show(): void {
    this.element.value = fieldText(this.value);
    this.element.removeAttribute("aria-invalid");
  }

  private take(): void {
    if (this.element.value === fieldText(this.value)) return; // rounded for the eye, not changed
    const value = parseField(this.element.value);
    if (value === undefined || !this.allows(value)) {
      this.element.setAttribute("aria-invalid", "true");
      return;
    }
    this.value = value;
    this.show();
    this.changed(value);
  }
}
