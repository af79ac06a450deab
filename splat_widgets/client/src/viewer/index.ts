// anywidget entry of the viewer.
import type { AnyWidget } from "@anywidget/types";
import { h } from "../shared/dom";

export const viewer: AnyWidget = () => ({
  render({ el }) {
    el.append(h("div", {}, "viewer"));
  },
});
