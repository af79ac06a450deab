// anywidget entry of the viewer: one view per cell.
import type { AnyWidget } from "@anywidget/types";
import type { SplatViewerState } from "../page/state.gen";
import { View } from "./view";

export const viewer: AnyWidget<SplatViewerState> = () => ({
  render({ model, el, signal }) {
    const view = new View(model, el);
    // Whichever anywidget offers: the signal also fires when the page drops the cell.
    signal?.addEventListener("abort", () => view.dispose(), { once: true });
    return () => view.dispose();
  },
});
