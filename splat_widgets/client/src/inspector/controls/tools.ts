// The row of tools over the picture: what a drag does, and what happens to the selection.
import { h, Owner } from "../../page/dom";
import type { InspectorState } from "../../page/state.gen";
import type { Session } from "../session";
import { segments, toggle } from "./buttons";
import { ICONS } from "./icons";
import { LARGEST_PX, SMALLEST_PX } from "./paint";

type Tool = InspectorState["tool"];
type Mode = InspectorState["select_mode"];

const TOOLS: { value: Tool; icon: string; label: string }[] = [
  { value: "navigate", icon: ICONS.navigate, label: "Navigate: drag turns, a click picks" },
  {
    value: "pick",
    icon: ICONS.pick,
    label: "Pick: click a splat; with Shift it joins the selection",
  },
  { value: "rectangle", icon: ICONS.rectangle, label: "Select with a rectangle" },
  { value: "lasso", icon: ICONS.lasso, label: "Select with a lasso" },
  {
    value: "polygon",
    icon: ICONS.polygon,
    label: "Select with a polygon: click its corners; a double click or Enter closes it",
  },
  {
    value: "brush",
    icon: ICONS.brush,
    label: "Brush: paint to add, with Alt to take away; [ and ] change its size",
  },
  { value: "box", icon: ICONS.box, label: "Select with a box in space, around what you drag over" },
  { value: "sphere", icon: ICONS.sphere, label: "Select with a sphere: drag from its centre" },
];
const MODES: { value: Mode; icon: string; label: string }[] = [
  { value: "replace", icon: ICONS.replace, label: "A new selection replaces the old one" },
  { value: "add", icon: ICONS.add, label: "Add to the selection (Shift)" },
  { value: "subtract", icon: ICONS.subtract, label: "Take from the selection (Alt)" },
  { value: "intersect", icon: ICONS.intersect, label: "Keep what is in both (Shift and Alt)" },
];

export class Tools extends Owner {
  readonly element: HTMLElement;

  constructor({ traits }: Pick<Session, "traits">) {
    super();
    const tools = segments("Tool", TOOLS, (tool) => traits.set("tool", tool));
    const modes = segments("What a selection does", MODES, (mode) =>
      traits.set("select_mode", mode),
    );
    const through = toggle(
      { icon: ICONS.through, label: "Select through: also what cannot be seen" },
      (on) => traits.set("select_through", on),
    );
    const size = h("input", {
      type: "range",
      min: String(Math.log(SMALLEST_PX)),
      max: String(Math.log(LARGEST_PX)),
      step: "any",
      "aria-label": "Radius of the brush",
    });
    const brush = h("label", { class: "swi-brush-size", title: "Radius of the brush" }, size);
    size.addEventListener("input", () =>
      traits.set("brush_px", Math.round(Math.exp(Number(size.value)))),
    );
    const panel = toggle({ text: "Inspect", icon: ICONS.panel, label: "Show the panel" }, (on) =>
      traits.set("show_panel", on),
    );
    this.element = h(
      "div",
      { class: "swi-tools", role: "toolbar", "aria-label": "Tools" },
      tools.element,
      modes.element,
      through.element,
      brush,
      panel.element,
    );
    this.cleanup.add(
      traits.bind("tool", (tool) => {
        tools.set(tool);
        brush.hidden = tool !== "brush";
      }),
      traits.bind("brush_px", (px) => {
        size.value = String(Math.log(px));
        size.setAttribute("aria-valuetext", `${px} px`);
      }),
      traits.bind("select_mode", (mode) => modes.set(mode)),
      traits.bind("select_through", (on) => through.set(on)),
      traits.bind("show_panel", (on) => panel.set(on)),
    );
  }
}
