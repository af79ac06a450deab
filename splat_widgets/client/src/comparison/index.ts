// anywidget entry of the comparison: its viewers are drawn here, in one view per cell.
import type { AnyWidget } from "@anywidget/types";
import type { ComparisonState } from "../page/state.gen";
import { ComparisonView } from "./comparisonView";

export const comparison: AnyWidget<ComparisonState> = () => ({
  render({ model, el, signal }) {
    const view = new ComparisonView(model, el);
    signal?.addEventListener("abort", () => view.dispose(), { once: true });
    return () => view.dispose();
  },
});
