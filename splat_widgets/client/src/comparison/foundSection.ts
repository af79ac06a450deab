// A part below the viewers that folds, and asks the kernel when it is unfolded.
import { Section } from "../inspector/sections/section";
import { h } from "../page/dom";
import { kernelGone } from "../page/host";
import type { Answer, Asking } from "./asking";

export abstract class FoundSection extends Section {
  protected readonly status = h("p", { class: "swc-status", role: "status" });
  protected readonly content = h("div", { class: "swc-found" });

  constructor(
    title: string,
    private readonly key: Answer["kind"],
    protected readonly asking: Asking,
  ) {
    super(title, false, `compare-${key}`); // the inspector has maps, too
    this.body.append(this.status, this.content);
    this.say("");
  }

  /** Asks for what is to be shown. */
  protected abstract request(): void;

  /** What is shown is not what would be asked for now. */
  protected isStale = true;

  protected override update(): void {
    if (this.isOpen && this.isStale) this.refresh();
  }

  /** Another pair or attribute was chosen. */
  outdate(): void {
    this.isStale = true;
    this.update();
  }

  protected refresh(): void {
    this.isStale = false;
    this.request();
    this.showWaiting();
  }

  showWaiting(): void {
    if (!this.asking.connected) this.say(kernelGone());
    else if (this.asking.has(this.key))
      this.say(this.asking.isWaiting ? "Waiting for the kernel…" : "Comparing…");
  }

  protected say(text: string, isError = false): void {
    this.status.textContent = text;
    this.status.hidden = !text;
    this.status.toggleAttribute("data-error", isError);
  }
}
