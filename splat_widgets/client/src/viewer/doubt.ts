// A line under the picture on a file that looks plain where it should be encoded, and its switch.
import { h } from "../page/dom";

const HINT =
  "A .ply keeps logits of opacities and logarithms of sizes. This one seems to keep the values " +
  "themselves, so that they are read wrong.";

export class Doubt {
  readonly element: HTMLElement;
  private readonly text = h("span");
  private readonly button = h("button", { type: "button" });
  private isPlain = false;

  /** @param read asks for the values as they stand, or as the format says. */
  constructor(read: (plain: boolean) => void) {
    this.element = h(
      "div",
      { class: "sw-doubt", role: "status", title: HINT, hidden: true },
      this.text,
      this.button,
    );
    this.button.addEventListener("click", () => read(!this.isPlain));
  }

  /** Shows what is suspected and how it is read now; an empty text hides the line. */
  show(text: string, isPlain: boolean): void {
    this.isPlain = isPlain;
    this.element.hidden = !text;
    this.text.textContent = text;
    this.button.textContent = isPlain ? "Read as encoded again" : "Read as plain values";
  }
}
