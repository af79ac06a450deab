// anywidget entry of the viewer: one view per cell.
import type { AnyWidget } from "@anywidget/types";
import type { SplatViewerState } from "../page/state.gen";
import { View } from "./view";

export const viewer: AnyWidget<SplatViewerState> = () => ({
  render({ model, el, signal }) {
    const view = new View(model, el);
    // anywidget calls the function or fires the signal; the signal also fires when the cell goes.
    signal?.addEventListener("abort", () => view.dispose(), { once: true });
    return () => view.dispose();
  },
});
