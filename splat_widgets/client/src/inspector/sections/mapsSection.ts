// Each photo and an attribute as a picture beside it, with one cursor that is shared with the scene.
import { colormap, PIXEL_CHANNELS } from "../../engine/index";
import { h } from "../../page/dom";
import { AttributeMenu } from "../controls/attributeMenu";
import { segments } from "../controls/buttons";
import { formatCount, formatValue, titled } from "../plots/numbers";
import { PhotoMap } from "../plots/photoMap";
import { type PixelIndex, pixelIndex } from "../plots/pixels";
import { scaleOf } from "../plots/scale";
import type { Session } from "../session";
import { Section } from "./section";

type Parts = Omit<Session, "notices" | "requestScript" | "receive" | "dispose">;

const HINT = "Point at a pixel; draw around pixels to select their splats";

export class MapsSection extends Section {
  private readonly menu: AttributeMenu;
  private readonly readout = h("div", { class: "swi-readout" }, HINT);
  private readonly list = h("div", { class: "swi-maps-list" });
  private maps: PhotoMap[] = [];
  private index: PixelIndex | undefined;
  private shape: "rectangle" | "lasso" = "lasso";

  constructor(private readonly session: Parts) {
    super("Photos and maps", false, "maps");
    this.menu = new AttributeMenu("Attribute of the maps", undefined, (name) =>
      session.traits.set("map_attribute", name),
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
    this.body.append(
      h("div", { class: "swi-row" }, this.menu.element, shapes.element),
      this.list,
      this.readout,
    );
    this.element.addEventListener("toggle", () => this.update());
    this.cleanup.add(
      session.traits.bind("catalogue", (items) => this.menu.setItems(items)),
      session.traits.bind("map_attribute", () => this.update()),
      session.traits.bind("scene_info", () => this.update()),
      ...(["color_by", "color_range", "color_log", "colormap"] as const).map((key) =>
        session.traits.bind(key, () => this.paint()),
      ),
      session.changes.on("channel", (name) => {
        if ([...PIXEL_CHANNELS, session.traits.get("map_attribute")].includes(name)) this.update();
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
      () => {
        for (const map of this.maps) map.dispose();
      },
    );
  }

  private update(): void {
    const { session } = this;
    const { kind, views } = session.traits.get("scene_info");
    const known = kind === "reconstruction" && views.length > 0;
    this.element.hidden = !known;
    const name = session.traits.get("map_attribute");
    this.menu.set(name);
    const item = session.traits.attribute(name);
    this.note(item ? titled(item.label, item.unit) : "");
    if (!known || !this.isOpen) return;
    session.photos.request();
    for (const wanted of [...PIXEL_CHANNELS, name]) if (wanted) session.attributes.request(wanted);
    this.build();
    this.paint();
  }

  private build(): void {
    const { session } = this;
    const { views } = session.traits.get("scene_info");
    if (this.maps.length !== views.length) {
      for (const map of this.maps) map.dispose();
      this.maps = views.map(
        (_, view) =>
          new PhotoMap(view, {
            shape: () => this.shape,
            hover: (x, y) => session.picker.hover(this.wireAt(view, x, y)),
            pick: (x, y) => {
              const wire = this.wireAt(view, x, y);
              if (wire >= 0) session.picker.pickWire(wire);
            },
            select: (points, event) => {
              if (this.index)
                session.selection.selectPhoto(view, points, session.selection.modeOf(event));
            },
          }),
      );
      this.list.replaceChildren(...this.maps.map((map) => map.element));
    }
    const [view, row, col] = PIXEL_CHANNELS.map((name) => session.attributes.get(name)?.values);
    if (view && row && col) this.index ??= pixelIndex(views, view, row, col);
    this.maps.forEach((map, i) => {
      map.setPhoto(views[i], session.photos.pictures[i]);
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
    const name = session.traits.get("map_attribute");
    const channel = session.attributes.get(name);
    const item = session.traits.attribute(name);
    if (!this.isOpen || !this.index || !channel || !item) return;
    const colour = name === session.traits.get("color_by") ? session.colouring.colour() : undefined;
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
    const { mask, count: selected } = this.session.selection;
    this.maps.forEach((one, i) => {
      const grid = this.index?.[i];
      if (grid) one.setSelection(grid, selected ? mask : undefined);
    });
  }

  private showHover(): void {
    if (!this.isOpen) return;
    const { session } = this;
    const wire =
      session.picker.hovered >= 0 ? session.picker.hovered : (session.picker.picked?.wire ?? -1);
    const [view, row, col] = PIXEL_CHANNELS.map(
      (name) => session.attributes.get(name)?.values[wire],
    );
    this.maps.forEach((map, i) => {
      const here = view === i && row !== undefined && col !== undefined;
      map.setCursor(here ? [col, row] : undefined);
    });
    const value = session.attributes.get(session.traits.get("map_attribute"))?.values[wire];
    if (session.picker.hovered < 0 || view === undefined || value === undefined) {
      this.readout.textContent = HINT;
      return;
    }
    const item = session.traits.attribute(session.traits.get("map_attribute"));
    const number = `${formatValue(value)}${item?.unit ? ` ${item.unit}` : ""}`;
    this.readout.textContent = `Photo ${view + 1}, row ${formatCount(row ?? 0)}, column ${formatCount(col ?? 0)}: ${number}`;
  }
}
