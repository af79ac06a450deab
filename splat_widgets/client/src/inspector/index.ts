// anywidget entry of the inspector: a viewer and its panel, one pair per cell.
import type { AnyWidget } from "@anywidget/types";
import type { InspectorState } from "../page/state.gen";
import { InspectorView } from "./inspectorView";

export const inspector: AnyWidget<InspectorState> = () => ({
  render({ model, el, signal }) {
    const view = new InspectorView(model, el);
    // anywidget calls the function or fires the signal; the signal also fires when the cell goes.
    signal?.addEventListener("abort", () => view.dispose(), { once: true });
    return () => view.dispose();
  },
});
