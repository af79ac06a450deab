// The inspector as a person sees it: tools and picture, and beside or below them the panel.
import { h, icon, Owner, style } from "../page/dom";
import { isApp } from "../page/host";
import { followTheme } from "../page/theme";
import type { Panel } from "../viewer/panel";
import { button } from "./controls/buttons";
import { Gestures } from "./controls/gestures";
import { ICONS } from "./controls/icons";
import { Tools } from "./controls/tools";
import { PickLabel } from "./pickLabel";
import { ColourBar } from "./plots/colourBar";
import { AppearanceSection } from "./sections/appearanceSection";
import { ColourSection } from "./sections/colourSection";
import { DensitySection } from "./sections/densitySection";
import { FiltersSection } from "./sections/filtersSection";
import { HistogramSection } from "./sections/histogramSection";
import { MapsSection } from "./sections/mapsSection";
import { PickedSection } from "./sections/pickedSection";
import { PlaceSection } from "./sections/placeSection";
import { ScriptSection } from "./sections/scriptSection";
import { SelectionSection } from "./sections/selectionSection";
import type { Session } from "./session";
import { SideFrame } from "./sideFrame";
import controlsCss from "./styles/controls.css";
import overlayCss from "./styles/overlay.css";
import panelCss from "./styles/panel.css";
import plotsCss from "./styles/plots.css";
import sectionsCss from "./styles/sections.css";

const STYLES = [panelCss, controlsCss, plotsCss, sectionsCss, overlayCss];

export class InspectorPanel extends Owner {
  private readonly side: HTMLElement;
  private readonly message = h("p", { class: "swi-message", hidden: true });
  private readonly busy = h("p", { class: "swi-busy", role: "status", hidden: true });

  /** @param root holds the viewer's panel; the inspector is built around it. */
  constructor(
    private readonly root: HTMLElement,
    panel: Panel,
    private readonly session: Session,
  ) {
    super();
    style(root, "inspector", STYLES.join("\n"));
    const maps = new MapsSection(session);
    const selection = new SelectionSection(session);
    const picked = new PickedSection(session);
    const parts = [
      new ColourSection(session),
      new HistogramSection(session),
      new FiltersSection(session),
      selection,
      picked,
      maps,
      new DensitySection(session),
      new AppearanceSection(session),
      new PlaceSection(session),
      ...(isApp() ? [] : [new ScriptSection(session)]), // its readers know no Python
    ];
    this.side = h(
      "section",
      { class: "sw-surface swi-side", "aria-label": "Inspector" },
      this.message,
      this.busy,
      ...parts.map((part) => part.element),
    );
    const tools = new Tools(session);
    const bar = new ColourBar(session);
    const gestures = new Gestures(panel, session, () => maps.isOpen);
    const label = new PickLabel(panel, session);
    panel.root.prepend(tools.element);
    panel.picture.append(bar.element);
    panel.frame = root;
    root.append(this.side);
    const frame = new SideFrame(root, panel.root, this.side);
    this.cleanup.add(
      ...[...parts, tools, bar, gestures, label, frame].map((part) => () => part.dispose()),
      followTheme(root, () => {
        this.side.dataset.theme = root.dataset.theme;
        session.changes.emit("theme", undefined);
      }),
      session.traits.bind("show_panel", (show) => {
        this.side.hidden = !show;
        if (show) session.changes.emit("scene", undefined); // sections load what they show
      }),
      session.changes.on("channel", () => this.showBusy()),
      session.changes.on("selection", () => {
        if (session.selection.count) frame.reveal(selection.element);
      }),
      session.changes.on("volume", (volume) => volume && frame.reveal(selection.element)),
      session.changes.on("picked", ({ isNew }) => isNew && frame.reveal(picked.element)),
      () => this.side.remove(),
    );
    // JupyterLab must not take keys that are typed here as its shortcuts (D D deletes the cell).
    this.cleanup.on(this.side, "keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    });
    session.notices.onChange = () => this.showMessage();
    this.cleanup.on(root, "keydown", (event) => {
      const isUndoKey = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z";
      if (!isUndoKey || isTyping(event.target)) return;
      event.preventDefault();
      event.stopPropagation();
      session.selection.act(event.shiftKey ? "redo" : "undo");
    });
    this.showMessage();
  }

  private showMessage(): void {
    const { level, text } = this.session.notices.current;
    this.message.hidden = !text;
    if (!text || this.message.textContent === text) return;
    this.message.dataset.level = level;
    this.message.setAttribute("role", level === "error" ? "alert" : "status");
    const close = button(
      { icon: ICONS.close, label: "Close this message", class: "sw-plain sw-icon" },
      () => this.session.notices.clear(),
    );
    this.message.replaceChildren(icon(ICONS.warning), h("span", {}, text), close);
  }

  private showBusy(): void {
    const names = this.session.attributes.waiting.map(
      (name) => this.session.traits.attribute(name)?.label ?? name,
    );
    this.busy.hidden = names.length === 0;
    this.busy.textContent = names.length ? `Loading ${names.join(", ")} …` : "";
    this.root.toggleAttribute("data-busy", names.length > 0);
  }
}

// A field that undoes its own typing.
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && ["text", "number", "search"].includes(target.type);
}
