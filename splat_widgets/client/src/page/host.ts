// What the page around a widget allows, and what its reader can do there.

type Page = { body?: Pick<HTMLElement, "dataset"> };
const here = (): Page => globalThis.document ?? {}; // tests without a browser have no document

/** Whether this is the page of `splat-widgets app`, whose readers know no kernel and no notebook. */
export function isApp(page: Page = here()): boolean {
  return page.body?.dataset.app === "splat-widgets";
}

/** What answers behind the page, in its reader's words. */
export function kernel(page: Page = here()): string {
  return isApp(page) ? "the program" : "the kernel";
}

/** How to get back a widget whose kernel is gone: a page of Voila has no cells to run. */
export function showAgain(page: Page = here()): string {
  return page.body?.dataset.voila === undefined ? "Run the cell again" : "Reload the page";
}

/** What to do when the kernel behind a widget is gone. */
export function kernelGone(page: Page = here()): string {
  return isApp(page)
    ? "This session has ended. Reload the page to begin anew."
    : `The kernel is gone. ${showAgain(page)}.`;
}

/**
 * Whether a file may go into the browser's downloads. A frame without `allow-downloads` drops it
 * without a word. A frame of another site cannot be asked; one without an origin of its own has
 * few rights, perhaps not this one: "unknown".
 */
export function downloads(view: Window = window): "allowed" | "blocked" | "unknown" {
  try {
    for (let frame = view; frame !== frame.parent; frame = frame.parent) {
      const element = frame.frameElement;
      if (!element) return view.origin === "null" ? "unknown" : "allowed";
      const rights = element.getAttribute("sandbox");
      if (rights !== null && !rights.split(/\s+/).includes("allow-downloads")) return "blocked";
    }
    return "allowed";
  } catch {
    return "unknown"; // a browser may refuse the question itself
  }
}
