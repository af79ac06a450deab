// A view of the inspector on a page: a viewer and its panel.
import type { AnyModel } from "@anywidget/types";
import { dispatch } from "../page/channel";
import { h } from "../page/dom";
import type { InspectorState, SplatViewerState } from "../page/state.gen";
import { Saver } from "../page/sync";
import type { Panel } from "../viewer/panel";
import { View } from "../viewer/view";
import { InspectorPanel } from "./inspectorPanel";
import type { ViewToKernel } from "./messages";
import { Session } from "./session";
import { Traits } from "./traits";

const SAVE_INTERVAL_MS = 120;

export class InspectorView {
  /** What a person changes here is saved through it. */
  readonly traits: Traits;
  private readonly frame: HTMLElement;
  private readonly view: View<ViewToKernel>;
  private readonly saver: Saver<InspectorState>;
  private readonly session: Session;
  private readonly side: InspectorPanel;
  private disposed = false;

  constructor(model: AnyModel<InspectorState>, el: HTMLElement) {
    const root = h("div", { class: "swi" });
    this.frame = h("div", { class: "swi-frame" }, root);
    el.append(this.frame);
    const view = new View<ViewToKernel>(
      model as unknown as AnyModel<SplatViewerState>,
      root,
      (message, buffers) => dispatch(this.session.handlers, message, buffers),
    );
    this.view = view;
    this.saver = new Saver(model, (values) => view.saveTraits(values), SAVE_INTERVAL_MS);
    this.traits = new Traits(model, this.saver);
    this.session = new Session(
      this.traits,
      view.panel,
      (message, buffers = []) => view.send({ ...message, view: view.id }, buffers),
      view.requests,
    );
    this.side = new InspectorPanel(root, view.panel, this.session);
  }

  get panel(): Panel {
    return this.view.panel;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.side.dispose();
    this.session.dispose();
    this.saver.dispose();
    this.view.dispose();
    this.frame.remove();
  }
}
