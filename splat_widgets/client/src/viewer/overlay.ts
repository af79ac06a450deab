// What lies over the picture: how much has arrived, messages, hints.
import { h } from "../page/dom";

const HINT_MS = 1800;
const BY_HAND = "right-click this picture and choose “Save image as”";
const DOWNLOADS_BLOCKED = `This page may not store files: ${BY_HAND}.`;
const DOWNLOADS_UNKNOWN = `If no download has begun, this page may not store files: ${BY_HAND}.`;

export type Notice = { alert?: boolean; action?: string; run?: () => void };

export class Overlay {
  readonly elements: readonly HTMLElement[];
  private readonly bar = h("div");
  private readonly progress = h(
    "div",
    {
      class: "sw-progress",
      role: "progressbar",
      "aria-label": "Gaussians received",
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      hidden: true,
    },
    this.bar,
  );
  private readonly message = h("div", { class: "sw-message", role: "status", hidden: true });
  private readonly hint = h("div", { class: "sw-hint", "aria-hidden": "true" });
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.elements = [this.progress, this.message, this.hint];
  }

  /** Shows a message over the picture, with a button if `options` name an action; "" hides it. */
  show(text: string, options: Notice = {}): void {
    this.message.hidden = !text;
    this.message.setAttribute("role", options.alert ? "alert" : "status");
    this.message.replaceChildren(text);
    if (!options.action) return;
    const again = h("button", { type: "button" }, options.action);
    again.addEventListener("click", () => options.run?.());
    this.message.append(again);
  }

  /** Shows a picture to be stored by hand, where the browser's downloads may be closed to the page. */
  showPicture(picture: Blob, blocked: boolean): void {
    const url = URL.createObjectURL(picture);
    const close = h("button", { type: "button" }, "Close");
    close.addEventListener("click", () => {
      URL.revokeObjectURL(url);
      this.show("");
    });
    this.show(blocked ? DOWNLOADS_BLOCKED : DOWNLOADS_UNKNOWN);
    this.message.append(h("img", { class: "sw-copy", src: url, alt: "The picture" }), close);
  }

  /** Shows what part of the scene has arrived; 1 hides the bar. */
  setProgress(fraction: number): void {
    this.progress.hidden = fraction >= 1;
    this.progress.setAttribute("aria-valuenow", String(Math.round(100 * fraction)));
    this.bar.style.width = `${100 * fraction}%`;
  }

  /** Shows a hint for a moment. */
  showHint(text: string): void {
    this.hint.textContent = text;
    this.hint.toggleAttribute("data-shown", true);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hideHint(), HINT_MS);
  }

  hideHint(): void {
    this.hint.removeAttribute("data-shown");
  }

  dispose(): void {
    clearTimeout(this.timer);
  }
}
