// What stands beside the ring around the picked splat: its index, and its value of the current attribute.
import { placeOf } from "../engine/surface";
import { h, Owner } from "../page/dom";
import type { Vec3 } from "../page/wire";
import type { Brush, Note } from "../viewer/notes";
import type { Panel } from "../viewer/panel";
import { formatCount, formatValue } from "./plots/numbers";
import type { Session } from "./session";

type Parts = Pick<Session, "traits" | "inspection" | "picker" | "changes">;

const BESIDE_PX = 16; // right of the ring's middle

/** "#1,234 · Opacity 0.83": a splat in a few words. */
export function pickText({ traits, picker }: Pick<Parts, "traits" | "picker">): string {
  const { picked } = picker;
  if (!picked) return "";
  const index = `#${formatCount(picked.index)}`;
  const name = traits.get("color_by") || traits.get("histogram_attribute");
  const item = traits.attribute(name);
  if (!item || !(name in picked.values)) return index;
  const value = [formatValue(picked.values[name]), item.unit].filter(Boolean).join(" ");
  return `${index} · ${item.label} ${value}`;
}

export class PickLabel extends Owner implements Note {
  private readonly element = h("output", {
    class: "sw-label swi-pick-label",
    "aria-live": "polite",
    hidden: true,
  });

  constructor(
    private readonly panel: Panel,
    private readonly session: Parts,
  ) {
    super();
    panel.picture.append(this.element);
    panel.notes.add(this);
    this.cleanup.add(
      session.changes.on("picked", () => this.redraw()),
      ...session.traits.bindAll(["color_by", "histogram_attribute", "catalogue"], () =>
        this.redraw(),
      ),
      () => panel.notes.delete(this),
      () => this.element.remove(),
    );
  }

  redraw(): void {
    const text = pickText(this.session);
    const scene = this.panel.inner;
    const at = text && scene && this.point && placeOf(scene, this.point);
    this.element.hidden = !at;
    if (!at) return;
    if (this.element.textContent !== text) this.element.textContent = text;
    this.element.style.left = `${at[0] + BESIDE_PX}px`;
    this.element.style.top = `${at[1]}px`;
  }

  paint(brush: Brush): void {
    const text = pickText(this.session);
    const at = text && this.point && brush.place(this.point);
    if (at) brush.label(text, at, { right: BESIDE_PX });
  }

  private get point(): Vec3 | undefined {
    return this.session.inspection.centreOf(this.session.picker.picked?.wire ?? -1);
  }
}
