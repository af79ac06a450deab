// Small helpers for building the widgets' own elements.

type Attributes = Record<string, string | number | boolean | undefined>;

/** Creates an element. `true` sets an empty attribute; `false` and `undefined` leave it out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** Creates an SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** A 16 px line icon from the path data of a 16 x 16 drawing. */
export function icon(path: string): SVGSVGElement {
  const drawing = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  drawing.append(svg("path", { d: path }));
  return drawing;
}

/** What has the focus in the document or shadow root that holds `el`. */
export function activeElement(el: HTMLElement): Element | null {
  return (el.getRootNode() as Document | ShadowRoot).activeElement ?? null;
}

type Sheet = CSSStyleSheet & { splatWidgets?: { name: string; css: string } };

/**
 * Adds a style sheet to the root that holds `el` (document or shadow root), once per name. Pages
 * whose policy refuses style elements take sheets that are made in JavaScript.
 */
export function style(el: HTMLElement, name: string, css: string): void {
  const node = el.getRootNode();
  const root = node instanceof ShadowRoot ? node : document;
  const others = root.adoptedStyleSheets.filter(
    (sheet: Sheet) => sheet.splatWidgets?.name !== name,
  );
  const old: Sheet | undefined = root.adoptedStyleSheets.find((sheet) => !others.includes(sheet));
  if (old?.splatWidgets?.css === css) return; // another one is of another version of the bundle
  const sheet: Sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  sheet.splatWidgets = { name, css };
  root.adoptedStyleSheets = [...others, sheet];
}

/** Runs the functions in reverse order of registration, once. */
export class Cleanup {
  private readonly tasks: (() => void)[] = [];

  add(...tasks: (() => void)[]): void {
    this.tasks.push(...tasks);
  }

  /** addEventListener that `run` undoes. */
  on<K extends keyof HTMLElementEventMap>(
    target: EventTarget,
    type: K | string,
    listener: (event: HTMLElementEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ): void {
    target.addEventListener(type, listener as EventListener, options);
    this.add(() => target.removeEventListener(type, listener as EventListener, options));
  }

  run(): void {
    for (const task of this.tasks.splice(0).reverse()) task();
  }
}

/** Owns listeners and other parts, and disposes them with itself. */
export abstract class Owner {
  protected readonly cleanup = new Cleanup();

  dispose(): void {
    this.cleanup.run();
  }
}
