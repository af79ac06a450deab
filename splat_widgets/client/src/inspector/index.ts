// anywidget entry of the inspector: a viewer and its panel, one pair per cell.
import type { AnyModel, AnyWidget } from "@anywidget/types";
import { dispatch } from "../page/channel";
import { h } from "../page/dom";
import type { InspectorState, SplatViewerState } from "../page/state.gen";
import { Saver } from "../page/sync";
import { View } from "../viewer/view";
import { InspectorPanel } from "./inspectorPanel";
import type { ViewToKernel } from "./messages";
import { Session } from "./session";
import { Traits } from "./traits";

const SAVE_INTERVAL_MS = 120;

export const inspector: AnyWidget<InspectorState> = () => ({
  render({ model, el, signal }) {
    const root = h("div", { class: "swi" });
    const frame = h("div", { class: "swi-frame" }, root);
    el.append(frame);
    const view = new View<ViewToKernel>(
      model as unknown as AnyModel<SplatViewerState>,
      root,
      (message, buffers) => dispatch(session.handlers, message, buffers),
    );
    const saver = new Saver(model, (values) => view.saveTraits(values), SAVE_INTERVAL_MS);
    const session = new Session(
      new Traits(model, saver),
      view.panel,
      (message, buffers = []) => view.send({ ...message, view: view.id }, buffers),
      view.requests,
    );
    const panel = new InspectorPanel(root, view.panel, session);
    let disposed = false;
    const dispose = () => {
      if (disposed) return;
      disposed = true;
      panel.dispose();
      session.dispose();
      saver.dispose();
      view.dispose();
      frame.remove();
    };
    // anywidget calls the function or fires the signal; the signal also fires when the cell goes.
    signal?.addEventListener("abort", dispose, { once: true });
    return dispose;
  },
});
