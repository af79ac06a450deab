// The widgets inside the studio: their models from the host, drawn by the entries of this bundle.
import type { AnyModel } from "@anywidget/types";
import { goneError, partOf } from "../page/parts";

type Release = () => void;
type Props = { model: AnyModel; el: HTMLElement };
/** What an entry of the bundle makes for one widget. */
export type Hooks = {
  initialize?: (props: { model: AnyModel }) => Release;
  render: (props: Props) => Release;
};
/** Entries by the name that a widget's `_entry` gives. */
export type Entries = Record<string, () => Hooks>;

const ADVICE =
  "Show the parts of the studio one by one: studio.panel, studio.strip, studio.viewer.";

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
    const model = await partOf(this.owner, reference, ADVICE);
    const entry = this.entries[model.get("_entry") as string];
    if (!entry) throw goneError();
    const hooks = entry();
    const release = hooks.initialize?.({ model });
    if (release) this.releases.push(release);
    return { model, hooks };
  }
}
