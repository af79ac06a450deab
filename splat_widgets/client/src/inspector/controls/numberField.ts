// A field for a number: Enter or leaving it takes the typed number, Escape restores the old one. A
// number that cannot be taken is refused in words below the field's row.
import { h } from "../../page/dom";
import { fieldText, parseField } from "../plots/numbers";

/** What a field expects instead of a value, "a number above 0"; "" if it takes the value. */
export type Expects = (value: number | null) => string;

/** Why a field does not take what was typed; "" if it does. */
export function refusal(text: string, expects: Expects): string {
  const value = parseField(text);
  const expected = value === undefined ? "a number" : expects(value);
  return expected && `Expected ${expected}, got ${text.trim() || "nothing"}`;
}

export class NumberField {
  readonly element: HTMLInputElement;
  private readonly problem = h("p", { class: "swi-refusal", role: "alert" });
  private value: number | null = null;

  /**
   * @param changed gets the number, or null for a field that was emptied.
   * @param expects is asked before a typed number is taken; null is an empty field.
   */
  constructor(
    label: string,
    private readonly changed: (value: number | null) => void,
    private readonly expects: Expects = () => "",
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
    this.element.addEventListener("input", () => this.refuse(""));
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
    this.refuse("");
  }

  private refuse(problem: string): void {
    this.problem.textContent = problem;
    if (problem) {
      this.element.setAttribute("aria-invalid", "true");
      this.element.closest(".swi-row")?.after(this.problem);
    } else {
      this.element.removeAttribute("aria-invalid");
      this.problem.remove();
    }
  }

  private take(): void {
    if (this.element.value === fieldText(this.value)) return; // rounded for the eye, not changed
    const problem = refusal(this.element.value, this.expects);
    if (problem) {
      this.refuse(problem);
      return;
    }
    const value = parseField(this.element.value) ?? null;
    this.value = value;
    this.show();
    this.changed(value);
  }
}
