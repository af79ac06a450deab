// The scale of the colours, over the picture.
import { colormap } from "../../engine/colormaps";
import { h, Owner } from "../../page/dom";
import { COLOUR_TRAITS } from "../colouring";
import type { Session } from "../session";
import { formatValue, titled } from "./numbers";
import { placeOf, ticks } from "./scale";

const BAR_PX = 220; // width in overlay.css, for the number of ticks

export class ColourBar extends Owner {
  readonly element = h("div", { class: "swi-colour-bar", role: "img", hidden: true });
  private readonly title = h("div", { class: "swi-bar-title" });
  private readonly colours = h("canvas", { width: 256, height: 1 });
  private readonly labels = h("div", { class: "swi-bar-ticks" });

  constructor(private readonly session: Pick<Session, "traits" | "colouring" | "changes">) {
    super();
    this.element.append(this.title, this.colours, this.labels);
    this.cleanup.add(
      ...session.traits.bindAll(COLOUR_TRAITS, () => this.show()),
      session.changes.on("channel", (name) => {
        if (name === session.traits.get("color_by")) this.show();
      }),
    );
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
    this.title.textContent = colour ? title : `${title} …`;
    if (!colour) return;
    const map = colormap(colour.map);
    const context = this.colours.getContext("2d");
    context?.putImageData(new ImageData(new Uint8ClampedArray(map), 256, 1), 0, 0);
    const list = ticks(colour, Math.floor(BAR_PX / 44));
    this.labels.replaceChildren(
      ...list.map((value) => {
        const label = h("span", {}, formatValue(value, 3));
        label.style.left = `${100 * placeOf(colour, value)}%`;
        return label;
      }),
    );
    // For tests and screen readers: the ends, which need not be ticks.
    this.element.dataset.low = String(colour.low);
    this.element.dataset.high = String(colour.high);
    this.element.setAttribute(
      "aria-label",
      `Colours: ${title} from ${formatValue(colour.low)} to ${formatValue(colour.high)}` +
        `${colour.log ? ", logarithmic" : ""}, ${colour.map}`,
    );
  }
}
