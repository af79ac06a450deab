// "This is __ m": the field beside a measured line that scales the scene to its true length.
import { h } from "../page/dom";
import type { Place } from "./notes";

export class KnownLength {
  readonly element: HTMLFormElement;
  private readonly input: HTMLInputElement;
  private readonly problem = h("span", { class: "sw-known-problem", role: "alert", hidden: true });

  /** @param known gets the typed length, m. */
  constructor(known: (metres: number) => void) {
    this.input = h("input", {
      type: "text",
      inputmode: "decimal",
      size: "5",
      "aria-label": "True length in metres",
      autocomplete: "off",
      spellcheck: "false",
    });
    const scale = h(
      "button",
      { type: "submit", title: "Scale the scene so that this line has the typed length" },
      "Scale",
    );
    this.element = h(
      "form",
      { class: "sw-known", hidden: true },
      h("label", {}, "This is ", this.input, " m"),
      scale,
      this.problem,
    );
    this.input.addEventListener("input", () => this.refuse(""));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      const { value } = this.input;
      const metres = metresOf(value);
      if (metres === undefined) {
        this.refuse(`Expected a number above 0, got ${value.trim() || "nothing"}`);
        return;
      }
      this.input.value = "";
      known(metres);
    });
  }

  /** Shows it under a place of the picture, CSS px; undefined hides it. */
  show(at: Place | undefined): void {
    this.element.hidden = !at;
    if (!at) {
      this.refuse("");
      return;
    }
    this.element.style.left = `${at[0]}px`;
    this.element.style.top = `${at[1]}px`;
  }

  private refuse(problem: string): void {
    this.problem.textContent = problem;
    this.problem.hidden = !problem;
    this.input.toggleAttribute("aria-invalid", problem !== "");
  }
}

/** A typed length, with a point or a comma; undefined for what is no number above 0. */
export function metresOf(text: string): number | undefined {
  const value = Number(text.trim().replace(/m$/, "").replace(",", "."));
  return text.trim() && Number.isFinite(value) && value > 0 ? value : undefined;
}
