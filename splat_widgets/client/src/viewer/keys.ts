// The viewer's keys. Those that turn the view are the controls' own (`engine/controls.ts`).
import type { Settings } from "../engine/settings";
import type { Display } from "../engine/shaders";
import { Owner } from "../page/dom";
import type { Measure } from "./measure";

export type KeyActions = {
  reset(): void;
  fit(): void;
  choose(settings: Partial<Settings>): void;
  /** The key of the photo goes down or up; true if there is a photo. */
  holdPhoto(down: boolean): boolean;
  measure: Pick<Measure, "isActive" | "setActive" | "placeInMiddle">;
};

const DISPLAYS: Record<string, Display> = { 1: "splats", 2: "points", 3: "ellipsoids" };

export class Keys extends Owner {
  constructor(
    element: HTMLElement,
    private readonly actions: KeyActions,
  ) {
    super();
    this.cleanup.on(element, "keydown", (event) => this.down(event));
    // Before the controls, which take Escape to give the focus away.
    this.cleanup.on(element, "keydown", (event) => this.first(event), { capture: true });
    this.cleanup.on(element, "keyup", (event) => {
      if (event.key.toLowerCase() === "p") actions.holdPhoto(false);
    });
    this.cleanup.on(element, "focusout", () => void actions.holdPhoto(false)); // its keyup goes elsewhere
  }

  private first(event: KeyboardEvent): void {
    const { measure } = this.actions;
    if (event.key !== "Escape" || !measure.isActive) return;
    measure.setActive(false);
    event.stopPropagation();
    event.preventDefault();
  }

  private down(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return; // the notebook still saves and runs
    // JupyterLab must not take keys that are typed here as its shortcuts (D D deletes the cell).
    event.stopPropagation();
    if (event.altKey) return;
    const { target } = event;
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
    const onPicture = target instanceof HTMLCanvasElement;
    if (this.act(event.key.toLowerCase(), onPicture)) event.preventDefault();
  }

  private act(key: string, onPicture: boolean): boolean {
    const { actions } = this;
    const { measure } = actions;
    if (key === "enter") {
      if (!onPicture || !measure.isActive) return false; // a button's own key
      measure.placeInMiddle();
      return true;
    }
    if (key === "p") return actions.holdPhoto(true);
    if (key === "r") actions.reset();
    else if (key === "f") actions.fit();
    else if (key === "m") measure.setActive(!measure.isActive);
    else if (DISPLAYS[key]) actions.choose({ display: DISPLAYS[key] });
    else return false;
    return true;
  }
}
