// The still picture that `splat_widgets/page/still.py` puts beside a widget for places without a
// kernel. A live widget hides it.
import type { AnyModel } from "@anywidget/types";

/** Hides the picture of a widget, wherever on the page and whenever it comes. */
export function hideStill(model: Pick<AnyModel, "get">): { hidden: boolean; dispose(): void } {
  const sheet = new CSSStyleSheet();
  const name: unknown = model.get("_still");
  // JupyterLab's frame around it goes too, or it would leave a gap.
  if (name)
    sheet.replaceSync(`.${name}, .jp-OutputArea-child:has(.${name}) { display: none !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return {
    set hidden(hidden: boolean) {
      sheet.disabled = !hidden;
    },
    dispose: () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
    },
  };
}
