// Where the scene is: move, turn, scale, level. Each is an edit of the kernel, which Undo takes back.
import { h } from "../../page/dom";
import type { Vec3 } from "../../page/wire";
import { button, row, segments } from "../controls/buttons";
import { type Expects, NumberField } from "../controls/numberField";
import type { Session } from "../session";
import { Section } from "./section";

const CLICK = "Click three points on the floor in the picture.";
const MEASURE = "To scale to a known length, measure it in the picture (M) and type it there.";
const OTHERS = "Scenes with a name in the notebook, and files of the output folder";
const AXES = ["x", "y", "z"] as const;
const DIRECTIONS: Record<(typeof AXES)[number], Vec3> = {
  x: [1, 0, 0],
  y: [0, 1, 0],
  z: [0, 0, 1],
};

export class PlaceSection extends Section {
  constructor({ selection, traits, inspection, changes }: Session) {
    super("Place and size", false, "place");
    const aNumber: Expects = (value) => (value === null ? "a number" : "");
    const aFactor: Expects = (value) => (value === null || value <= 0 ? "a number above 0" : "");
    const move = AXES.map((axis) => new Typed(`Move along ${axis}`, aNumber, 0));
    const angle = new Typed("Angle in degrees", aNumber, 90);
    const factor = new Typed("Factor", aFactor, 1);
    let axis: (typeof AXES)[number] = "y";
    const axes = segments(
      "Axis to turn about",
      AXES.map((value) => ({ value, text: value, label: `Turn about ${value}` })),
      (value) => {
        axis = value;
        axes.set(value);
      },
    );
    axes.set(axis);
    const about = () => [...traits.get("camera").target]; // what the view turns around stays
    const floor = button(
      { text: "By a floor", label: "Level by three points on a floor or table: click them" },
      () => traits.set("tool", traits.get("tool") === "floor" ? "navigate" : "floor"),
    );
    const gravity = button(
      { text: "By the cameras", label: "Level as the cameras were held" },
      () => selection.act("level"),
    );
    const merging = mergeControl(selection, traits);
    const hint = h("p", { class: "swi-hint", role: "status" });
    const go = (text: string, label: string, press: () => void) => button({ text, label }, press);
    this.body.append(
      row(
        "Move",
        ...move.map(({ element }) => element),
        go("Move", "Move the scene: x right, y down, z forward", () =>
          selection.act("move", { numbers: move.map(({ value }) => value) }),
        ),
      ),
      row(
        "Turn",
        axes.element,
        angle.element,
        "°",
        go("Turn", "Turn the scene about the middle of the view", () =>
          selection.act("turn", { numbers: [...DIRECTIONS[axis], angle.value, ...about()] }),
        ),
      ),
      row(
        "Scale",
        factor.element,
        "×",
        go("Scale", "Multiply all lengths", () =>
          selection.act("scale", { numbers: [factor.value, ...about()] }),
        ),
      ),
      row("Level", gravity, floor),
      row("Merge", ...merging.elements),
      hint,
    );
    const show = () => {
      gravity.disabled = !inspection.hasCameras;
      gravity.title = gravity.disabled
        ? "This scene has no cameras; level it by a floor"
        : "Level as the cameras were held";
    };
    this.cleanup.add(
      changes.on("scene", show),
      merging.stop,
      traits.bind("tool", (tool) => {
        floor.setAttribute("aria-pressed", String(tool === "floor"));
        hint.textContent = tool === "floor" ? CLICK : MEASURE;
      }),
    );
  }
}

/** Chooses a scene to add; the kernel lists them when the menu is about to open. */
function mergeControl(
  selection: Session["selection"],
  traits: Session["traits"],
): { elements: HTMLElement[]; stop: () => void } {
  const menu = h("select", { "aria-label": "Scene to merge", title: OTHERS });
  const look = () => selection.act("list_scenes");
  menu.addEventListener("pointerenter", look);
  menu.addEventListener("focus", look);
  const merge = button({ text: "Merge", label: "Add this scene to the one shown" }, () =>
    selection.act("merge", { other: menu.value }),
  );
  const stop = traits.bind("mergeable", (names) => {
    const chosen = menu.value;
    menu.replaceChildren(
      ...(names.length ? names : [""]).map((name) =>
        h("option", { value: name }, name || "no other scene"),
      ),
    );
    if (names.includes(chosen)) menu.value = chosen;
    merge.disabled = names.length === 0;
  });
  return { elements: [menu, merge], stop };
}

/** A field with a number that an action takes. */
class Typed {
  readonly element: HTMLInputElement;
  private readonly field: NumberField;

  constructor(
    label: string,
    expects: Expects,
    public value: number,
  ) {
    this.field = new NumberField(
      label,
      (typed) => {
        if (typed !== null) this.value = typed;
      },
      expects,
    );
    this.field.set(value);
    this.element = this.field.element;
  }
}
