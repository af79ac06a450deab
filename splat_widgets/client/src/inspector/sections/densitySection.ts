// Two attributes against each other: how many Gaussians have both values, and a lasso that selects.
import { h } from "../../page/dom";
import { AttributeMenu } from "../controls/attributeMenu";
import { segments, toggle } from "../controls/buttons";
import { drawAcross, drawUp, type Frame } from "../plots/axes";
import { Brush, type Point, polygonOf } from "../plots/brush";
import { type Density, density } from "../plots/density";
import { formatCount, formatValue, titled } from "../plots/numbers";
import { type Colours, PlotCanvas, rgbOf } from "../plots/plotCanvas";
import { type Scale, scaleOf, valueAt } from "../plots/scale";
import type { Session } from "../session";
import { placeholder } from "./histogramSection";
import { Section } from "./section";

type Parts = Pick<Session, "traits" | "attributes" | "selection" | "changes">;

const ACROSS = 96;
const UP = 64;
const HINT = "Draw around what to select";

export class DensitySection extends Section {
  private readonly menus: [AttributeMenu, AttributeMenu];
  private readonly logs: [ReturnType<typeof toggle>, ReturnType<typeof toggle>];
  private readonly plot: PlotCanvas;
  private readonly readout = h("div", { class: "swi-readout" }, HINT);
  private shape: "lasso" | "rectangle" = "lasso";
  private counts: { found: Density; scales: [Scale, Scale] } | undefined;
  private drawn: Point[] = []; // CSS px

  constructor(private readonly session: Parts) {
    super("Two attributes", false, "density");
    const menu = (label: string, axis: 0 | 1) =>
      new AttributeMenu(label, undefined, (name) => this.choose(axis, name));
    this.menus = [menu("Attribute across", 0), menu("Attribute up", 1)];
    const log = (axis: 0 | 1) =>
      toggle({ text: "log", label: `Logarithmic axis ${axis ? "up" : "across"}` }, (on) => {
        const logs: [boolean, boolean] = [...session.traits.get("scatter_log")];
        logs[axis] = on;
        session.traits.set("scatter_log", logs);
      });
    this.logs = [log(0), log(1)];
    const shapes = segments<"lasso" | "rectangle">(
      "Shape that selects",
      [
        { value: "lasso", text: "Lasso", label: "Draw a lasso" },
        { value: "rectangle", text: "Rectangle", label: "Draw a rectangle" },
      ],
      (shape) => {
        this.shape = shape;
        shapes.set(shape);
      },
    );
    this.plot = new PlotCanvas({ class: "swi-plot swi-density-plot", role: "img" }, (...all) =>
      this.paint(...all),
    );
    const axisRow = (label: string, axis: 0 | 1) =>
      h(
        "div",
        { class: "swi-row" },
        h("span", { class: "swi-label" }, label),
        this.menus[axis].element,
        this.logs[axis].element,
      );
    this.body.append(
      axisRow("Up", 1),
      axisRow("Across", 0),
      this.plot.element,
      h("div", { class: "swi-row swi-options" }, shapes.element, this.readout),
    );
    this.listen();
  }

  private listen(): void {
    const { session } = this;
    const brush = new Brush(this.plot.element, {
      begin: () => (this.counts ? this.shape : undefined),
      update: (points) => {
        this.drawn = points;
        this.plot.request();
      },
      done: (points, event) => {
        this.drawn = [];
        this.plot.request();
        this.select(points, event);
      },
      cancel: () => {
        this.drawn = [];
        this.plot.request();
      },
    });
    this.plot.element.addEventListener("pointermove", (event) => this.hover(event));
    this.plot.element.addEventListener("pointerleave", () => this.hover());
    this.element.addEventListener("toggle", () => this.update());
    this.cleanup.add(
      session.traits.bind("catalogue", (items) => {
        for (const menu of this.menus) menu.setItems(items);
      }),
      session.traits.bind("scatter_attributes", () => this.update()),
      session.traits.bind("scatter_log", (logs) => {
        this.logs.forEach((one, axis) => {
          one.set(logs[axis]);
        });
        this.count();
      }),
      session.changes.on("selection", () => this.count()),
      session.changes.on("channel", (name) => {
        if (session.traits.get("scatter_attributes").includes(name)) this.count();
      }),
      session.changes.on("scene", () => this.update()),
      session.changes.on("theme", () => this.plot.request()),
      () => brush.dispose(),
      () => this.plot.dispose(),
    );
  }

  private choose(axis: 0 | 1, name: string): void {
    const names = [...this.session.traits.get("scatter_attributes")];
    if (names.length < 2) return;
    names[axis] = name;
    const logs: [boolean, boolean] = [...this.session.traits.get("scatter_log")];
    logs[axis] = this.session.traits.attribute(name)?.log ?? false;
    this.session.traits.set("scatter_attributes", names);
    this.session.traits.set("scatter_log", logs);
  }

  private update(): void {
    const names = this.session.traits.get("scatter_attributes");
    this.menus.forEach((menu, axis) => {
      menu.set(names[axis] ?? "");
    });
    const labels = names.map((name) => this.session.traits.attribute(name)?.label ?? name);
    this.note(labels.length === 2 ? `${labels[1]} over ${labels[0].toLowerCase()}` : "");
    if (this.isOpen) for (const name of names) this.session.attributes.request(name);
    this.count();
  }

  private count(): void {
    this.counts = undefined;
    const [x, y] = this.session.traits.get("scatter_attributes");
    const channels = [x, y].map((name) => this.session.attributes.get(name));
    const [across, up] = channels;
    this.plot.request();
    if (!across || !up || !this.isOpen) return;
    const logs = this.session.traits.get("scatter_log");
    const scales = [across, up].map((channel, axis) => {
      const limits = logs[axis] ? channel.limitsLog : channel.limits;
      return scaleOf(limits[0], limits[1], logs[axis]);
    }) as [Scale, Scale];
    const found = density(
      across.values,
      up.values,
      scales,
      ACROSS,
      UP,
      this.session.selection.mask,
    );
    this.counts = { found, scales };
    const words = [x, y].map((name) => {
      const item = this.session.traits.attribute(name);
      return titled(item?.label ?? name, item?.unit ?? "");
    });
    this.plot.element.setAttribute("aria-label", `How many have each ${words[1]} and ${words[0]}`);
  }

  private frame(width: number, height: number): Frame {
    return { left: 48, top: 6, width: width - 56, height: height - 28 };
  }

  /** A point of the plot in the attributes' units. */
  private valuesAt([x, y]: Point): Point {
    const frame = this.frame(...this.plot.size);
    const clamp = (place: number) => Math.min(1, Math.max(0, place));
    const { scales } = this.counts as { scales: [Scale, Scale] };
    return [
      valueAt(scales[0], clamp((x - frame.left) / frame.width)),
      valueAt(scales[1], clamp(1 - (y - frame.top) / frame.height)),
    ];
  }

  private select(points: Point[], event: PointerEvent): void {
    if (!this.counts) return;
    const corners = polygonOf(points).map((point) => this.valuesAt(point));
    const [x, y] = this.session.traits.get("scatter_attributes");
    this.session.selection.selectDensity([x, y], corners, this.session.selection.modeOf(event));
  }

  private hover(event?: PointerEvent): void {
    if (!event || !this.counts) {
      this.readout.textContent = HINT;
      return;
    }
    const frame = this.frame(...this.plot.size);
    const column = Math.floor(((event.offsetX - frame.left) / frame.width) * ACROSS);
    const row = Math.floor((1 - (event.offsetY - frame.top) / frame.height) * UP);
    if (column < 0 || column >= ACROSS || row < 0 || row >= UP) {
      this.readout.textContent = HINT;
      return;
    }
    const [x, y] = this.valuesAt([event.offsetX, event.offsetY]);
    const { all, selected } = this.counts.found;
    const bin = row * ACROSS + column;
    const part = this.session.selection.count ? `, ${formatCount(selected[bin])} selected` : "";
    this.readout.textContent = `${formatValue(x, 3)}, ${formatValue(y, 3)}: ${formatCount(all[bin])}${part}`;
  }

  private paint(
    context: CanvasRenderingContext2D,
    width: number,
    height: number,
    colours: Colours,
  ): void {
    const frame = this.frame(width, height);
    if (!this.counts) {
      const names = this.session.traits.get("scatter_attributes");
      const waiting = this.session.attributes.waiting.some((name) => names.includes(name));
      placeholder(context, width, height, waiting ? "Loading …" : "", colours);
      return;
    }
    const { found, scales } = this.counts;
    context.imageSmoothingEnabled = false;
    for (const [counts, colour] of [
      [found.all, colours.all],
      [found.selected, colours.selected],
    ] as const) {
      const picture = cells(counts, found.most, colour);
      context.drawImage(picture, frame.left, frame.top, frame.width, frame.height);
    }
    drawAcross(context, frame, scales[0], colours);
    drawUp(context, frame, scales[1], colours);
    drawOutline(context, polygonOf(this.drawn), colours);
  }
}

// One pixel a cell, the highest row first. Opacity goes with the logarithm, so that a single Gaussian
// is seen beside a thousand.
function cells(counts: Uint32Array, most: number, colour: string): HTMLCanvasElement {
  const canvas = h("canvas", { width: ACROSS, height: UP });
  const bytes = new Uint8ClampedArray(4 * counts.length);
  const rgb = rgbOf(colour);
  counts.forEach((count, bin) => {
    if (!count) return;
    const column = bin % ACROSS;
    const row = UP - 1 - (bin - column) / ACROSS;
    const alpha = 0.2 + (0.8 * Math.log1p(count)) / Math.log1p(most);
    bytes.set([...rgb, 255 * alpha], 4 * (row * ACROSS + column));
  });
  canvas.getContext("2d")?.putImageData(new ImageData(bytes, ACROSS, UP), 0, 0);
  return canvas;
}

/** The outline of what is being drawn with the pointer. */
export function drawOutline(
  context: CanvasRenderingContext2D,
  points: readonly Point[],
  colours: Colours,
): void {
  if (points.length < 2) return;
  context.beginPath();
  points.forEach(([x, y], i) => {
    if (i) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.closePath();
  context.fillStyle = colours.accent;
  context.globalAlpha = 0.14;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colours.accent;
  context.lineWidth = 1.5;
  context.stroke();
}
