// Whether the kernel behind a widget is still there.
import type { AnyModel } from "@anywidget/types";

type Live = { comm_live?: boolean };

/**
 * Calls `lost` when the kernel was restarted or shut down; returns a function that stops it.
 * Only ipywidgets' own model knows. anywidget hides it, but calls listeners with the view as `this`;
 * a model from the widget manager is ipywidgets' own and calls listeners with itself as `this`.
 */
export function watchConnection(model: AnyModel, lost: () => void): () => void {
  function changed(this: (Live & { model?: Live }) | undefined): void {
    if ((this?.model ?? this)?.comm_live === false) lost();
  }
  model.on("comm_live_update", changed);
  return () => model.off("comm_live_update", changed);
}
