// anywidget entry of the upload panel: one store per widget, one view per cell that shows it.
import type { AnyModel, AnyWidget } from "@anywidget/types";
import type { UploadPanelState } from "../shared/state.gen";
import { UploadView } from "./panel";
import { Store } from "./store";

export const upload: AnyWidget<UploadPanelState> = () => {
  let store: Store | undefined;
  return {
    initialize({ model }) {
      store = new Store(model);
      return () => store?.dispose();
    },
    render({ model, el, signal }) {
      store ??= new Store(model);
      const view = new UploadView(el, store);
      const stop = watchConnection(model, store);
      const dispose = () => {
        stop();
        view.dispose();
      };
      signal?.addEventListener("abort", dispose, { once: true });
      return dispose;
    },
  };
};

/**
 * Notices that the kernel was restarted or shut down. anywidget's model does not tell, but ipywidgets'
 * own, which raises the event, does; anywidget calls listeners with the view as `this`.
 */
function watchConnection(model: AnyModel, store: Store): () => void {
  function changed(this: { model?: { comm_live?: boolean } } | undefined): void {
    if (this?.model?.comm_live === false) store.disconnect();
  }
  model.on("comm_live_update", changed);
  return () => model.off("comm_live_update", changed);
}
