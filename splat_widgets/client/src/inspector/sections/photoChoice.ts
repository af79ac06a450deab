// Whose photos' Gaussians are drawn: those of all photos, or of the pressed buttons.
import { row, toggle } from "../controls/buttons";
import type { Traits } from "../traits";

export class PhotoChoice {
  readonly element = row("Photos");
  private names: string[] = [];
  private buttons: ReturnType<typeof toggle>[] = [];
  private readonly all: ReturnType<typeof toggle>;

  constructor(private readonly traits: Traits) {
    this.all = toggle({ text: "All", label: "Gaussians of all photos" }, () =>
      traits.set("shown_photos", []),
    );
    this.element.classList.add("swi-wrap", "swi-photos");
    this.element.append(this.all.element);
  }

  /** Makes a button for each photo of the scene, with its name. */
  offer(names: string[]): void {
    this.element.hidden = names.length < 2;
    if (names.join("\n") === this.names.join("\n")) return;
    this.names = names;
    for (const { element } of this.buttons) element.remove();
    this.buttons = names.map((name, photo) => {
      const number = `photo ${photo + 1}`;
      const label = `Gaussians of ${number}${name ? `, ${name}` : ""}`;
      return toggle({ text: name || number, label }, (on) => {
        const rest = this.traits.get("shown_photos").filter((one) => one !== photo);
        this.traits.set("shown_photos", on ? [...rest, photo].sort((a, b) => a - b) : rest);
      });
    });
    this.element.append(...this.buttons.map(({ element }) => element));
    this.set(this.traits.get("shown_photos"));
  }

  set(shown: readonly number[]): void {
    this.all.set(shown.length === 0);
    this.buttons.forEach((one, photo) => {
      one.set(shown.includes(photo));
    });
  }
}
