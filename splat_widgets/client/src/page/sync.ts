// Synced traits, bound and saved; only the entries of the widgets use it.
import type { AnyModel } from "@anywidget/types";

type Traits = Record<string, unknown>;
type Key<T> = keyof T & string;

/** Calls `apply` now and whenever the trait changes; returns a function that stops it. */
export function bind<T extends Traits, K extends Key<T>>(
  model: AnyModel<T>,
  key: K,
  apply: (value: T[K]) => void,
): () => void {
  const update = () => apply(model.get(key));
  update();
  return listen(model, key, update);
}

/** Calls `changed` whenever the trait changes; returns a function that stops it. */
export function listen<T extends Traits, K extends Key<T>>(
  model: AnyModel<T>,
  key: K,
  changed: () => void,
): () => void {
  model.on(`change:${key}`, changed);
  return () => model.off(`change:${key}`, changed);
}

/**
 * Saves traits to Python at most once per `intervalMs`: the first change at once, the last one
 * always. Jupyter drops messages without a word above 1000 a second. The values go as a message of
 * ours: `splat_widgets/page/traits.py` says why.
 */
export class Saver<T extends Traits> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = Number.NEGATIVE_INFINITY;
  private changed: Partial<T> = {}; // since the last message

  constructor(
    private readonly model: AnyModel<T>,
    private readonly send: (values: Partial<T>) => void,
    private readonly intervalMs = 100,
  ) {}

  set<K extends Key<T>>(key: K, value: T[K]): void {
    this.model.set(key, value);
    this.changed[key] = value;
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.last + this.intervalMs - performance.now());
    this.timer = setTimeout(() => this.flush(), wait);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.last = performance.now();
    const { changed } = this;
    this.changed = {};
    if (Object.keys(changed).length) this.send(changed);
  }

  dispose(): void {
    if (this.timer !== undefined) this.flush();
  }
}
