// A range of values: a slider with two thumbs between two fields for numbers.
import { formatValue } from "../plots/numbers";
import type { Scale } from "../plots/scale";
import { type Bounds, DoubleSlider } from "./doubleSlider";
import { NumberField } from "./numberField";

export class RangeField {
  readonly elements: readonly HTMLElement[];
  private readonly slider: DoubleSlider;
  private readonly fields: readonly NumberField[];
  private bounds: Bounds = [null, null];

  /**
   * @param labels of the slider and of the lower and the upper field.
   * @param changed gets both bounds; null for no bound.
   * @param expects what is expected instead of bounds that were typed; "" if they may be taken.
   */
  constructor(
    labels: readonly [string, string, string],
    changed: (bounds: Bounds) => void,
    expects: (bounds: Bounds) => string = () => "",
  ) {
    this.slider = new DoubleSlider(labels[0], changed);
    const typed = (end: number, value: number | null): Bounds =>
      end ? [this.bounds[0], value] : [value, this.bounds[1]];
    this.fields = labels.slice(1).map(
      (label, end) =>
        new NumberField(
          label,
          (value) => changed(typed(end, value)),
          (value) => ordered(typed(end, value), end) || expects(typed(end, value)),
        ),
    );
    const [low, high] = this.fields;
    this.elements = [low.element, this.slider.element, high.element];
  }

  /** @param scale axis of the slider; empty fields show its ends; undefined disables the slider. */
  set(bounds: Bounds, scale: Scale | undefined): void {
    this.bounds = bounds;
    this.fields[0].set(bounds[0], scale ? formatValue(scale.low, 3) : "");
    this.fields[1].set(bounds[1], scale ? formatValue(scale.high, 3) : "");
    this.slider.disabled = !scale;
    if (scale) this.slider.set(bounds, scale);
  }
}

function ordered([low, high]: Bounds, end: number): string {
  if (low === null || high === null || low <= high) return "";
  return end
    ? `at least ${formatValue(low)}, the lower bound`
    : `at most ${formatValue(high)}, the upper bound`;
}
