// The still picture that `splat_widgets/page/still.py` puts beside a viewer for places without a
// kernel. A live viewer hides it.
/** Hides the elements of a class, wherever on the page and whenever they come. */
export function hideStill(name: string): { hidden: boolean; dispose(): void } {
  const sheet = new CSSStyleSheet();
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
