// What a photo has in common with the others, as the last run found: one line for each, on its card.
import { h } from "../page/dom";
import type { PhotoItem } from "../page/state.gen";

const MOST = 3; // lines on a card

export class Links {
  readonly element = h("ul", { class: "swu-links" });

  show({ links, left_out, name }: PhotoItem): void {
    const rows = links.slice(0, MOST).map(({ number, matches, connects }) => {
      const row = h(
        "li",
        { "data-connects": String(connects) },
        h("span", { class: "swu-link-number" }, String(number)),
        ` ${matches} ${matches === 1 ? "match" : "matches"}`,
      );
      row.title = connects
        ? `${matches} points of ${name} lie where photo ${number} shows them`
        : `${matches} matches with photo ${number} are too few to place it`;
      return row;
    });
    if (links.length > MOST) rows.push(h("li", {}, `and ${links.length - MOST} more`));
    if (left_out) rows.push(h("li", { class: "swu-alone" }, "Left out: connects with no other"));
    const fragment = h("ul", {}, ...rows);
    if (fragment.innerHTML !== this.element.innerHTML) this.element.replaceChildren(...rows);
    this.element.hidden = rows.length === 0;
    this.element.setAttribute("aria-label", `What ${name} has in common with the others`);
  }

  hide(): void {
    this.element.hidden = true;
  }
}
