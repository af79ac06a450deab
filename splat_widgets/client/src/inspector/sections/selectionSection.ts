// The selection: its size, and what can be done with it.
import { h } from "../../page/dom";
import { button, toggle } from "../controls/buttons";
import { ICONS } from "../controls/icons";
import { formatCount } from "../plots/numbers";
import type { Session } from "../session";
import { Floaters } from "./floaters";
import { Section } from "./section";
import { VolumeFields } from "./volumeFields";

export class SelectionSection extends Section {
  constructor(session: Session) {
    super("Selection", true, "selection");
    const whole = (["all", "none", "invert"] as const).map((kind) => {
      const labels = {
        all: "Select all that is shown",
        none: "Select nothing",
        invert: "Select the rest of what is shown",
      };
      const text = kind[0].toUpperCase() + kind.slice(1);
      return button({ text, label: labels[kind] }, () => session.selection.selectWhole(kind));
    });
    const grow = button({ text: "Grow", label: "Grow by one pixel of the photos' grid" }, () => {
      grow.setAttribute("aria-busy", "true"); // the first time, the pixels come from the kernel
      void session.selection.grow().finally(() => grow.removeAttribute("aria-busy"));
    });
    const isolate = toggle({ text: "Isolate", label: "Draw only the selection" }, (on) =>
      session.traits.set("isolate", on),
    );
    const keep = button({ text: "Keep", label: "Make the selection the scene" }, () =>
      session.selection.act("keep"),
    );
    const remove = button({ text: "Delete", label: "Take the selection out of the scene" }, () =>
      session.selection.act("delete"),
    );
    const undo = button({ text: "Undo", icon: ICONS.undo, label: "" }, () =>
      session.selection.act("undo"),
    );
    const redo = button({ text: "Redo", icon: ICONS.redo, label: "" }, () =>
      session.selection.act("redo"),
    );
    const count = h("output", { class: "swi-count", "aria-live": "polite" });
    const volume = new VolumeFields(session);
    const floaters = new Floaters(session);
    this.body.append(
      count,
      h("div", { class: "swi-row swi-wrap" }, ...whole, grow),
      h("div", { class: "swi-row swi-wrap" }, isolate.element, keep, remove, undo, redo),
      volume.element,
      floaters.element,
    );
    const show = () => {
      const selected = session.selection.count;
      const text = `${formatCount(selected)} of ${formatCount(session.inspection.count)} selected`;
      if (count.textContent !== text) count.textContent = text;
      this.note(selected ? `${formatCount(selected)} selected` : "none");
      for (const one of [keep, remove]) one.disabled = selected === 0;
    };
    this.cleanup.add(
      session.changes.on("selection", show),
      session.changes.on("scene", show),
      session.traits.bind("isolate", (on) => isolate.set(on)),
      session.traits.bind("scene_info", ({ kind, undo: last, redo: next }) => {
        undo.disabled = !last;
        undo.title = last ? `Undo: ${last} (Ctrl+Z)` : "There is nothing to undo";
        redo.disabled = !next;
        redo.title = next ? `Redo: ${next} (Ctrl+Shift+Z)` : "There is nothing to redo";
        grow.hidden = kind !== "reconstruction";
        show();
      }),
      () => volume.dispose(),
      () => floaters.dispose(),
    );
  }
}
