// What the page around a widget allows, and what its reader can do there.

type Page = { body?: Pick<HTMLElement, "dataset"> };

/** What to do when the kernel behind a widget is gone: a page of Voila has no cells to run. */
export function kernelGone(page: Page = document): string {
  return page.body?.dataset.voila === undefined
    ? "The kernel is gone. Run the cell again."
    : "The kernel is gone. Reload the page.";
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
