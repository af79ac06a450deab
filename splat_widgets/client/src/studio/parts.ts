// The widgets inside the studio: their models from the host, drawn by the entries of this bundle.
// An ipywidgets container would do the same with the host's views, which marimo does not have.
import type { AnyModel } from "@anywidget/types";

type Release = () => void;
type Props = { model: AnyModel; el: HTMLElement };
/** What an entry of the bundle makes for one widget. */
export type Hooks = {
  initialize?: (props: { model: AnyModel }) => Release;
  render: (props: Props) => Release;
};
/** Entries by the name that a widget's `_entry` gives. */
export type Entries = Record<string, () => Hooks>;

const REFERENCE = /^IPY_MODEL_/; // how ipywidgets serializes a widget
const NO_MANAGER =
  "This notebook does not let one widget show others. " +
  "Show the parts of the studio one by one: studio.panel, studio.strip, studio.viewer.";
const GONE = "A part of the studio is not on this page. Run the cell again, or reload the page.";

/** Models and hooks of the widgets inside; all views share them. */
export class Parts {
  private readonly parts = new Map<string, Promise<{ model: AnyModel; hooks: Hooks }>>();
  private readonly releases: Release[] = [];

  constructor(
    private readonly owner: AnyModel,
    private readonly entries: Entries,
  ) {}

  /** Draws a widget in an element. Rejects with a sentence for the user. */
  async render(reference: string, el: HTMLElement): Promise<Release> {
    let part = this.parts.get(reference);
    if (!part) {
      part = this.load(reference);
      part.catch(() => this.parts.delete(reference)); // showing it again tries again
      this.parts.set(reference, part);
    }
    const { model, hooks } = await part;
    return hooks.render({ model, el });
  }

  dispose(): void {
    for (const release of this.releases.splice(0)) release();
    this.parts.clear();
  }

  private async load(reference: string): Promise<{ model: AnyModel; hooks: Hooks }> {
    const manager = this.owner.widget_manager;
    if (!manager?.get_model) throw new Error(NO_MANAGER);
    let model: AnyModel | undefined;
    try {
      model = await manager.get_model(reference.replace(REFERENCE, ""));
    } catch (error) {
      console.error(error);
    }
    const entry = model && this.entries[model.get("_entry")];
    if (!model || !entry) throw new Error(GONE);
    const hooks = entry();
    const release = hooks.initialize?.({ model });
    if (release) this.releases.push(release);
    return { model, hooks };
  }
}
