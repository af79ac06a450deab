// anywidget entry of the studio's strip: one set of transfers per widget, one view per cell.
import type { AnyWidget } from "@anywidget/types";
import { watchConnection } from "../page/connection";
import type { RunStripState } from "../page/state.gen";
import { Link } from "./link";
import { StripView } from "./strip";

export const strip: AnyWidget<RunStripState> = () => {
  let link: Link | undefined;
  return {
    initialize({ model }) {
      link = new Link(model);
      return () => link?.dispose();
    },
    render({ model, el, signal }) {
      link ??= new Link(model);
      const shared = link;
      const view = new StripView(el, model, shared);
      const stop = watchConnection(model, () => shared.disconnect());
      const dispose = () => {
        stop();
        view.dispose();
      };
      signal?.addEventListener("abort", dispose, { once: true });
      return dispose;
    },
  };
};
