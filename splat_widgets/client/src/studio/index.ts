// The entries of the studio: the whole of it, and its strip.
import type { AnyWidget } from "@anywidget/types";
import { inspector } from "../inspector/index";
import type { RunStripState, StudioState } from "../page/state.gen";
import { upload } from "../upload/index";
import { viewer } from "../viewer/index";
import { Link } from "./link";
import { type Entries, Parts } from "./parts";
import { StripView } from "./strip";
import { StudioView } from "./studio";

/** One set of transfers per widget, one view per cell. */
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
      const stop = shared.watch(model);
      const dispose = () => {
        stop();
        view.dispose();
      };
      signal?.addEventListener("abort", dispose, { once: true });
      return dispose;
    },
  };
};

const ENTRIES = { upload, strip, viewer, inspector } as unknown as Entries;

/** The widgets inside are shared by all views; each cell draws them again. */
export const studio: AnyWidget<StudioState> = () => {
  let parts: Parts | undefined;
  return {
    initialize({ model }) {
      parts = new Parts(model, ENTRIES);
      return () => parts?.dispose();
    },
    render({ model, el, signal }) {
      parts ??= new Parts(model, ENTRIES);
      const view = new StudioView(el, model, parts);
      const dispose = () => view.dispose();
      signal?.addEventListener("abort", dispose, { once: true });
      return dispose;
    },
  };
};
