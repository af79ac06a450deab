// Each photo and an attribute as a picture beside it, with one cursor that is shared with the scene.
import { colormap, PIXEL_CHANNELS } from "../../engine/index";
import { h } from "../../page/dom";
import { AttributeMenu } from "../controls/attributeMenu";
import { formatCount, formatValue, titled } from "../plots/numbers";
import { PhotoMap } from "../plots/photoMap";
import { type PixelIndex, pixelIndex } from "../plots/pixels";
import { scaleOf } from "../plots/scale";
import type { Session } from "../session";
import { type Section, section, segments } from "./section";

const HINT = "Point at a pixel; draw around pixels to select their splats";

export class MapsSection {
  readonly section: Section = section("Photos and maps", false, "maps");
  private readonly menu: AttributeMenu;
  private readonly readout = h("div", { class: "swi-readout" }, HINT);
  private readonly list = h("div", { class: "swi-maps-list" });
  private readonly stops: (() => void)[] = [];
  private maps: PhotoMap[] = [];
  private index: PixelIndex | undefined;
  private shape: "rectangle" | "lasso" = "lasso";

  constructor(private readonly session: Session) {
    this.menu = new AttributeMenu("Attribute of the maps", undefined, (name) =>
      session.set("map_attribute", name),
    );
    const shapes = segments<"lasso" | "rectangle">(
      "Brush",
      [
        { value: "lasso", text: "Lasso", label: "Draw around pixels" },
        { value: "rectangle", text: "Rectangle", label: "Draw a rectangle" },
      ],
      (shape) => {
        this.shape = shape;
        shapes.set(shape);
      },
    );
    this.section.body.append(
      h("div", { class: "swi-row" }, this.menu.element, shapes.element),
      this.list,
      this.readout,
    );
    this.section.element.addEventListener("toggle", () => this.update());
    this.stops.push(
      session.bind("catalogue", (items) => this.menu.setItems(items)),
      session.bind("map_attribute", () => this.update()),
      session.bind("scene_info", () => this.update()),
      ...(["color_by", "color_range", "color_log", "colormap"] as const).map((key) =>
        session.bind(key, () => this.paint()),
      ),
      session.changes.on("channel", (name) => {
        if ([...PIXEL_CHANNELS, session.get("map_attribute")].includes(name)) this.update();
      }),
      session.changes.on("scene", () => {
        this.index = undefined;
        this.update();
      }),
      session.changes.on("photos", () => this.update()),
      session.changes.on("selection", () => this.showSelection()),
      session.changes.on("hover", () => this.showHover()),
      session.changes.on("picked", () => this.showHover()),
      session.changes.on("theme", () => this.showSelection()),
    );
  }

  /** True while the pixels are on the screen, so that pointing at the scene must find them. */
  get isOpen(): boolean {
    return this.section.element.open && !this.section.element.hidden;
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    for (const map of this.maps) map.dispose();
  }

  private update(): void {
    const { session } = this;
    const { kind, views } = session.get("scene_info");
    const known = kind === "reconstruction" && views.length > 0;
    this.section.element.hidden = !known;
    const name = session.get("map_attribute");
    this.menu.set(name);
    const item = session.item(name);
    this.section.note(item ? titled(item.label, item.unit) : "");
    if (!known || !this.isOpen) return;
    session.wantPhotos();
    for (const wanted of [...PIXEL_CHANNELS, name]) if (wanted) session.wantForPanel(wanted);
    this.build();
    this.paint();
  }

  private build(): void {
    const { session } = this;
    const { views } = session.get("scene_info");
    if (this.maps.length !== views.length) {
      for (const map of this.maps) map.dispose();
      this.maps = views.map(
        (_, view) =>
          new PhotoMap(view, {
            shape: () => this.shape,
            hover: (x, y) => session.hover(this.wireAt(view, x, y)),
            pick: (x, y) => {
              const wire = this.wireAt(view, x, y);
              if (wire >= 0) session.pickWire(wire);
            },
            select: (points, event) => {
              if (this.index) session.selectPhoto(view, points, session.modeOf(event));
            },
          }),
      );
      this.list.replaceChildren(...this.maps.map((map) => map.element));
    }
    const [view, row, col] = PIXEL_CHANNELS.map((name) => session.attributes.get(name)?.values);
    if (view && row && col) this.index ??= pixelIndex(views, view, row, col);
    this.maps.forEach((map, i) => {
      map.setPhoto(views[i], session.photos[i]);
    });
    this.showSelection();
  }

  private wireAt(view: number, x: number, y: number): number {
    const grid = this.index?.[view];
    if (!grid || x < 0 || y < 0 || x >= grid.width || y >= grid.height) return -1;
    return grid.wires[Math.floor(y) * grid.width + Math.floor(x)];
  }

  // The colours of the picture where both show one attribute, else the attribute's own.
  private paint(): void {
    const { session } = this;
    const name = session.get("map_attribute");
    const channel = session.attributes.get(name);
    const item = session.item(name);
    if (!this.isOpen || !this.index || !channel || !item) return;
    const colour = name === session.get("color_by") ? session.colour() : undefined;
    const limits = item.log ? channel.limitsLog : channel.limits;
    const scale = colour ?? scaleOf(limits[0], limits[1], item.log);
    const map = colormap(colour?.map ?? item.colormap);
    this.maps.forEach((one, i) => {
      const grid = this.index?.[i];
      if (grid) one.setMap(grid, channel.values, scale, map);
    });
  }

  private showSelection(): void {
    if (!this.isOpen || !this.index) return;
    const { mask, selected } = this.session;
    this.maps.forEach((one, i) => {
      const grid = this.index?.[i];
      if (grid) one.setSelection(grid, selected ? mask : undefined);
    });
  }

  private showHover(): void {
    if (!this.isOpen) return;
    const { session } = this;
    const wire = session.hovered >= 0 ? session.hovered : (session.picked?.wire ?? -1);
    const [view, row, col] = PIXEL_CHANNELS.map(
      (name) => session.attributes.get(name)?.values[wire],
    );
    this.maps.forEach((map, i) => {
      const here = view === i && row !== undefined && col !== undefined;
      map.setCursor(here ? [col, row] : undefined);
    });
    const value = session.attributes.get(session.get("map_attribute"))?.values[wire];
    if (session.hovered < 0 || view === undefined || value === undefined) {
      this.readout.textContent = HINT;
      return;
    }
    const item = session.item(session.get("map_attribute"));
    const number = `${formatValue(value)}${item?.unit ? ` ${item.unit}` : ""}`;
    this.readout.textContent = `Photo ${view + 1}, row ${formatCount(row ?? 0)}, column ${formatCount(col ?? 0)}: ${number}`;
  }
}
