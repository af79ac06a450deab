// anywidget entry of the upload panel: one store per widget, one view per cell that shows it.
import type { AnyWidget } from "@anywidget/types";
import type { UploadPanelState } from "../page/state.gen";
import { hideStill } from "../page/still";
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
      const shared = store;
      const view = new UploadView(el, shared);
      const stop = shared.watch(model);
      const still = hideStill(model);
      still.hidden = true;
      const dispose = () => {
        stop();
        still.dispose();
        view.dispose();
      };
      signal?.addEventListener("abort", dispose, { once: true });
      return dispose;
    },
  };
};
