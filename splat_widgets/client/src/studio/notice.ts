// What the user should know of the model: said before the first scene, then behind the model's name.
import { h, icon } from "../page/dom";

const INFO = "M8 2a6 6 0 1 0 .01 0M8 7.2v4M8 4.9v.01";

export class NoticeView {
  readonly element = h("p", { class: "sws-notice", hidden: true });
  /** The loaded model; a button where there is something to know of it. */
  readonly model = h("button", { type: "button", class: "sw-plain sws-model", hidden: true });
  private readonly words = h("span");
  private readonly text = h("span");
  private line = "";
  private isOpen = true;
  private hasScenes = false;

  constructor() {
    this.element.append(icon(INFO), this.text);
    this.model.append(this.words, icon(INFO));
    this.model.addEventListener("click", () => this.open(!this.isOpen));
  }

  setText(text: string): void {
    this.text.textContent = text;
    this.open(this.isOpen);
  }

  setModel(line: string): void {
    this.line = line;
    this.open(this.isOpen);
  }

  /** The first scene folds the notice; a click on the model unfolds it. */
  setScenes(hasScenes: boolean): void {
    if (hasScenes !== this.hasScenes) this.open(!hasScenes);
    this.hasScenes = hasScenes;
  }

  private open(isOpen: boolean): void {
    const text = this.text.textContent ?? "";
    this.isOpen = isOpen;
    this.element.hidden = !text || !isOpen;
    this.words.textContent = this.line ? `model: ${this.line}` : text && "about the model";
    this.model.hidden = !this.words.textContent;
    this.model.disabled = !text;
    this.model.title = text || "The loaded model";
    this.model.setAttribute("aria-expanded", String(isOpen));
    this.model.lastElementChild?.toggleAttribute("hidden", !text);
  }
}
