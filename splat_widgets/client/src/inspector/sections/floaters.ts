// Splats far from their neighbours, found with a threshold that shows at once what it finds.
import { countOf } from "../../engine/mask";
import { h, Owner } from "../../page/dom";
import { button, row } from "../controls/buttons";
import { formatCount, formatValue } from "../plots/numbers";
import type { Session } from "../session";

const RANGE = { low: 1.5, high: 50, start: 5 }; // times the usual distance
const STEPS = 200;

export class Floaters extends Owner {
  readonly element = h("div", { class: "swi-floaters", role: "group", "aria-label": "Floaters" });

  constructor({ traits, selection, changes }: Pick<Session, "traits" | "selection" | "changes">) {
    super();
    const { low, high, start } = RANGE;
    const slider = h("input", {
      type: "range",
      min: 0,
      max: STEPS,
      step: 1,
      "aria-label": "Floaters: times farther from their neighbours than usual",
    });
    slider.value = String((STEPS * Math.log(start / low)) / Math.log(high / low));
    const shown = h("output", { class: "swi-factor" });
    const found = h("output", { class: "swi-readout" });
    const threshold = () =>
      Number((low * (high / low) ** (slider.valueAsNumber / STEPS)).toPrecision(2));
    const describe = () => {
      shown.textContent = `> ${formatValue(threshold(), 2)} ×`;
      slider.setAttribute("aria-valuetext", `${formatValue(threshold(), 2)} times`);
    };
    const end = () => {
      found.textContent = "";
      selection.preview(undefined);
      select.hidden = cancel.hidden = true;
    };
    const look = async () => {
      describe();
      found.textContent = "Looking …";
      const mask = await selection.floaters(threshold());
      found.textContent = mask ? `${formatCount(countOf(mask))} found` : "";
      if (!mask) return;
      selection.preview(mask);
      select.hidden = cancel.hidden = false;
    };
    const select = button({ text: "Select", label: "Select these floaters" }, () => {
      end();
      selection.act("floaters", { threshold: threshold() });
    });
    const cancel = button({ text: "Cancel", label: "Leave the selection as it was" }, () => {
      end();
      slider.focus();
    });
    select.hidden = cancel.hidden = true;
    const find = button(
      { text: "Find", label: "Show the floaters of this threshold" },
      () => void look(),
    );
    slider.addEventListener("input", () => void look());
    slider.addEventListener("keydown", (event) => {
      if (event.key === "Enter") void look();
      else if (event.key === "Escape") end();
    });
    describe();
    this.element.append(
      row("Floaters", slider, shown, find),
      h("div", { class: "swi-row" }, found, select, cancel),
    );
    this.cleanup.add(
      traits.bind("scene_info", ({ floaters }) => {
        this.element.hidden = !floaters;
      }),
      changes.on("scene", end),
    );
  }
}
