// The inspector's synced traits, as the page reads and changes them.
import type { AnyModel } from "@anywidget/types";
import type { AttributeItem, InspectorState } from "../page/state.gen";
import { bind, listen, type Saver } from "../page/sync";

type Key = keyof InspectorState & string;

export class Traits {
  constructor(
    private readonly model: AnyModel<InspectorState>,
    private readonly saver: Saver<InspectorState>,
  ) {}

  get<K extends Key>(key: K): InspectorState[K] {
    return this.model.get(key);
  }

  /** Changes a trait here at once and in Python soon. */
  set<K extends Key>(key: K, value: InspectorState[K]): void {
    this.saver.set(key, value);
  }

  /** Sends what was set and not yet saved. */
  flush(): void {
    this.saver.flush();
  }

  /** Calls `apply` now and whenever the trait changes; returns a function that stops it. */
  bind<K extends Key>(key: K, apply: (value: InspectorState[K]) => void): () => void {
    return bind<InspectorState, K>(this.model, key, apply);
  }

  /** Calls `changed` whenever the trait changes; returns a function that stops it. */
  listen<K extends Key>(key: K, changed: () => void): () => void {
    return listen<InspectorState, K>(this.model, key, changed);
  }

  /** The same `apply` for several traits. */
  bindAll(keys: readonly Key[], apply: () => void): (() => void)[] {
    return keys.map((key) => this.bind(key, apply));
  }

  /** What the catalogue says about an attribute. */
  attribute(name: string): AttributeItem | undefined {
    return this.get("catalogue").find((item) => item.name === name);
  }
}
