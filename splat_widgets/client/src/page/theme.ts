// Light or dark, wherever the widget is shown.

/** Reads the theme around an element: JupyterLab says it outright, else the background tells. */
export function isDark(el: HTMLElement): boolean {
  const lab = document.body?.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  for (let node: HTMLElement | null = el.parentElement; node; node = node.parentElement) {
    const match = getComputedStyle(node)
      .backgroundColor.match(/[\d.]+/g)
      ?.map(Number);
    if (!match || match[3] === 0) continue;
    return 0.299 * match[0] + 0.587 * match[1] + 0.114 * match[2] < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Sets `data-theme` on an element, now and whenever the theme changes; returns a stop function. */
export function followTheme(el: HTMLElement, changed: () => void = () => {}): () => void {
  const update = () => {
    const theme = isDark(el) ? "dark" : "light";
    if (el.dataset.theme === theme) return;
    el.dataset.theme = theme;
    changed();
  };
  const observer = new MutationObserver(update);
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "class", "style"];
  observer.observe(document.body, { attributes: true, attributeFilter });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", update);
  update();
  return () => {
    observer.disconnect();
    media.removeEventListener("change", update);
  };
}
