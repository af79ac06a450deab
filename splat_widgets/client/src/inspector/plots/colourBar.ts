// The scale of the colours, over the picture.
import { Owner } from "../../page/dom";
import { COLOUR_TRAITS } from "../colouring";
import type { Session } from "../session";
import { titled } from "./numbers";
import { ScaleBar } from "./scaleBar";

const BAR_PX = 220; // width in overlay.css

export class ColourBar extends Owner {
  private readonly bar = new ScaleBar("swi-colour-bar", BAR_PX);

  constructor(private readonly session: Pick<Session, "traits" | "colouring" | "changes">) {
    super();
    this.element.hidden = true;
    this.cleanup.add(
      ...session.traits.bindAll(COLOUR_TRAITS, () => this.show()),
      session.changes.on("channel", (name) => {
        if (name === session.traits.get("color_by")) this.show();
      }),
    );
  }

  get element(): HTMLElement {
    return this.bar.element;
  }

  private show(): void {
    const { session } = this;
    const name = session.traits.get("color_by");
    const colour = session.colouring.colour();
    const item = session.traits.attribute(name);
    this.element.hidden = !name || !item;
    if (!item) return;
    const title = titled(item.label, item.unit);
    this.element.toggleAttribute("data-waiting", !colour);
    if (colour) this.bar.show(title, colour, colour.map);
    else this.bar.setTitle(`${title} …`);
  }
}
