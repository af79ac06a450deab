// The still picture that `splat_widgets/viewer/display.py` puts beside a viewer for places without a
// kernel. A live viewer hides it.
import { h } from "../page/dom";

/** Hides the elements of a class, wherever on the page and whenever they come. */
export function hideStill(name: string): { hidden: boolean; dispose(): void } {
  const sheet = h("style");
  // JupyterLab's frame around it goes too, or it would leave a gap.
  if (name)
    sheet.textContent = `.${name}, .jp-OutputArea-child:has(.${name}) { display: none !important; }`;
  document.head.append(sheet);
  return {
    set hidden(hidden: boolean) {
      if (sheet.sheet) sheet.sheet.disabled = !hidden;
    },
    dispose: () => sheet.remove(),
  };
}
