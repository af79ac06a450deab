// A menu of the scene's attributes by group. A native select: type to search, arrows to go through.
import { h } from "../../page/dom";
import type { AttributeItem } from "../../page/state.gen";
import { titled } from "../plots/numbers";

const GROUPS: Record<string, string> = {
  position: "Position",
  size: "Size and shape",
  rotation: "Rotation",
  opacity: "Opacity",
  colour: "Colour",
  harmonics: "Spherical harmonics",
  coefficients: "Harmonic coefficients",
  network: "Network",
  photo: "Photo",
  predicted: "Predicted by the network",
  custom: "Your own",
};

/** What a group of attributes is called. */
export function groupTitle(group: string): string {
  return GROUPS[group] ?? group;
}

/** The items by group, in the order in which the groups come first. */
export function byGroup(items: readonly AttributeItem[]): Map<string, AttributeItem[]> {
  const groups = new Map<string, AttributeItem[]>();
  for (const item of items) {
    const group = groups.get(item.group);
    if (group) group.push(item);
    else groups.set(item.group, [item]);
  }
  return groups;
}

export class AttributeMenu {
  readonly element: HTMLSelectElement;
  private value = "";

  /** @param none the entry for no attribute, if there may be none. */
  constructor(
    label: string,
    private readonly none: string | undefined,
    chosen: (name: string) => void,
  ) {
    this.element = h("select", { class: "swi-menu", "aria-label": label });
    this.element.addEventListener("change", () => chosen(this.element.value));
  }

  setItems(items: readonly AttributeItem[]): void {
    const groups = [...byGroup(items)].map(([group, members]) =>
      h(
        "optgroup",
        { label: groupTitle(group) },
        ...members.map((item) =>
          h(
            "option",
            { value: item.name, title: item.description || item.formula },
            titled(item.label, item.unit),
          ),
        ),
      ),
    );
    const none = this.none === undefined ? [] : [h("option", { value: "" }, this.none)];
    this.element.replaceChildren(...none, ...groups);
    this.set(this.value);
  }

  set(name: string): void {
    this.value = name;
    this.element.value = name;
  }
}
