// How tall the panel is, and which part of it is seen: it is as tall as the window shows, scrolls by
// itself, and goes to what just changed unless someone is at work in it.
import { activeElement, Owner } from "../page/dom";

const LEAST_PX = 320; // below the picture
const LEAST_SCROLLER_PX = 300; // a smaller one is not the page's
const MARGIN_PX = 12;

export class SideFrame extends Owner {
  /** @param root holds `viewer` and `side`, beside or below each other. */
  constructor(
    private readonly root: HTMLElement,
    private readonly viewer: HTMLElement,
    private readonly side: HTMLElement,
  ) {
    super();
    const sizes = new ResizeObserver(() => this.fit());
    sizes.observe(root);
    sizes.observe(viewer);
    const fit = () => this.fit();
    addEventListener("resize", fit);
    this.cleanup.add(
      () => sizes.disconnect(),
      () => removeEventListener("resize", fit),
    );
  }

  /** Scrolls the panel, not the page, so that this part of it is seen. */
  reveal(part: HTMLElement): void {
    const { side } = this;
    if (side.hidden || side.matches(":hover") || side.contains(activeElement(side))) return;
    const frame = side.getBoundingClientRect();
    const { top, bottom } = part.getBoundingClientRect();
    if (top >= frame.top && bottom <= frame.bottom) return;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = calm ? "auto" : "smooth";
    side.scrollTo({ top: side.scrollTop + top - frame.top, behavior });
  }

  private fit(): void {
    const beside = this.viewer.offsetHeight;
    const room = roomOf(this.root);
    const isBelow = this.viewer.offsetWidth > this.root.clientWidth - this.side.offsetWidth;
    const height = isBelow ? Math.max(LEAST_PX, room - beside - MARGIN_PX) : Math.max(beside, room);
    this.side.style.setProperty("--swi-beside", `${isBelow ? 0 : beside}px`);
    this.side.style.setProperty("--swi-room", `${room ? height : beside}px`);
  }
}

/** Height in which the page is scrolled, px; 0 in a frame, which grows with what is in it. */
function roomOf(element: HTMLElement): number {
  if (window.top !== window) return 0;
  for (let at = element.parentElement; at; at = at.parentElement) {
    const isFull = at.scrollHeight > at.clientHeight + 1 && at.clientHeight >= LEAST_SCROLLER_PX;
    if (isFull && /auto|scroll/.test(getComputedStyle(at).overflowY))
      return at.clientHeight - MARGIN_PX;
  }
  return innerHeight - MARGIN_PX;
}
