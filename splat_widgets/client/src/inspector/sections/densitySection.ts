// Two attributes against each other: how many splats have both values, and a shape that selects.
import { h } from "../../page/dom";
import { limitsOf } from "../attributeStore";
import { AttributeMenu } from "../controls/attributeMenu";
import { row, shapeChoice, toggle } from "../controls/buttons";
import { density } from "../plots/density";
import { type CountedPairs, DensityPlot } from "../plots/densityPlot";
import { formatCount, formatValue, titled } from "../plots/numbers";
import { type Scale, scaleOf } from "../plots/scale";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "attributes" | "selection" | "changes">;

const ACROSS = 96;
const UP = 64;
const HINT = "Draw around what to select";
const AXES = [0, 1] as const; // across, up

export class DensitySection extends Section {
  private readonly menus: AttributeMenu[];
  private readonly plot: DensityPlot;
  private readonly readout = h("div", { class: "swi-readout" }, HINT);
  private counted: CountedPairs | undefined;

  constructor(private readonly session: Parts) {
    super("Two attributes", false, "density");
    const { traits, changes, selection } = session;
    this.menus = AXES.map(
      (axis) =>
        new AttributeMenu(`Attribute ${axis ? "up" : "across"}`, undefined, (name) =>
          this.choose(axis, name),
        ),
    );
    const logs = AXES.map((axis) =>
      toggle({ text: "log", label: `Logarithmic axis ${axis ? "up" : "across"}` }, (on) =>
        this.setLog(axis, on),
      ),
    );
    const shapes = shapeChoice("Shape that selects", "Draw a lasso");
    this.plot = new DensityPlot({
      shape: () => shapes.value,
      select: (corners, event) => {
        const [x, y] = traits.get("scatter_attributes");
        selection.selectDensity([x, y], corners, selection.modeOf(event));
      },
      hover: (values, cell) => this.describeCell(values, cell),
    });
    const axisRow = (label: string, axis: 0 | 1) =>
      row(label, this.menus[axis].element, logs[axis].element);
    this.body.append(
      axisRow("Up", 1),
      axisRow("Across", 0),
      this.plot.canvas.element,
      h("div", { class: "swi-row swi-options" }, shapes.element, this.readout),
    );
    this.cleanup.add(
      traits.bind("catalogue", (items) => {
        for (const menu of this.menus) menu.setItems(items);
      }),
      traits.bind("scatter_attributes", () => this.update()),
      traits.bind("scatter_log", (on) => {
        for (const axis of AXES) logs[axis].set(on[axis]);
        this.count();
      }),
      changes.on("selection", () => this.count()),
      changes.on("channel", (name) => {
        if (traits.get("scatter_attributes").includes(name)) this.count();
      }),
      changes.on("scene", () => this.update()),
      changes.on("theme", () => this.plot.canvas.request()),
      () => this.plot.dispose(),
    );
  }

  private choose(axis: 0 | 1, name: string): void {
    const names = [...this.session.traits.get("scatter_attributes")];
    if (names.length < 2) return;
    names[axis] = name;
    this.session.traits.set("scatter_attributes", names);
    this.setLog(axis, this.session.traits.attribute(name)?.log ?? false);
  }

  private setLog(axis: 0 | 1, on: boolean): void {
    const logs: [boolean, boolean] = [...this.session.traits.get("scatter_log")];
    logs[axis] = on;
    this.session.traits.set("scatter_log", logs);
  }

  protected override update(): void {
    const { traits, attributes } = this.session;
    const names = traits.get("scatter_attributes");
    for (const axis of AXES) this.menus[axis].set(names[axis] ?? "");
    const labels = names.map((name) => traits.attribute(name)?.label ?? name);
    this.note(labels.length === 2 ? `${labels[1]} over ${labels[0].toLowerCase()}` : "");
    if (this.isOpen) for (const name of names) attributes.request(name);
    this.count();
  }

  private count(): void {
    const { traits, attributes, selection } = this.session;
    const names = traits.get("scatter_attributes");
    const [across, up] = names.map((name) => attributes.get(name));
    this.counted = undefined;
    if (across && up && this.isOpen) {
      const logs = traits.get("scatter_log");
      const scales = [across, up].map((channel, axis) =>
        scaleOf(...limitsOf(channel, logs[axis]), logs[axis]),
      ) as [Scale, Scale];
      const found = density(across.values, up.values, scales, ACROSS, UP, selection.mask);
      this.counted = { found, scales };
      const [x, y] = names.map((name) => {
        const item = traits.attribute(name);
        return titled(item?.label ?? name, item?.unit ?? "");
      });
      this.plot.canvas.element.setAttribute("aria-label", `How many have each ${y} and ${x}`);
    }
    const waiting = attributes.waiting.some((name) => names.includes(name));
    this.plot.show(this.counted, waiting ? "Loading …" : "");
  }

  private describeCell([x, y]: readonly number[], cell: number | undefined): void {
    if (cell === undefined || !this.counted) {
      this.readout.textContent = HINT;
      return;
    }
    const { all, selected } = this.counted.found;
    const part = this.session.selection.count ? `, ${formatCount(selected[cell])} selected` : "";
    this.readout.textContent = `${formatValue(x, 3)}, ${formatValue(y, 3)}: ${formatCount(all[cell])}${part}`;
  }
}
