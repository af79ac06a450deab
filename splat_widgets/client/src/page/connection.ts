// Whether the kernel behind a widget is still there.
import type { AnyModel } from "@anywidget/types";

/**
 * Calls `lost` when the kernel was restarted or shut down; returns a function that stops it.
 * anywidget's model does not tell, but ipywidgets' own, which raises the event, does; anywidget calls
 * listeners with the view as `this`.
 */
export function watchConnection(model: AnyModel, lost: () => void): () => void {
  function changed(this: { model?: { comm_live?: boolean } } | undefined): void {
    if (this?.model?.comm_live === false) lost();
  }
  model.on("comm_live_update", changed);
  return () => model.off("comm_live_update", changed);
}
