// Each photo and an attribute as a picture beside it, with one cursor that is shared with the scene.
import { colormap } from "../../engine/colormaps";
import { PIXEL_CHANNELS } from "../../engine/inspection";
import { h } from "../../page/dom";
import { limitsOf } from "../attributeStore";
import { COLOUR_TRAITS } from "../colouring";
import { AttributeMenu } from "../controls/attributeMenu";
import { shapeChoice } from "../controls/buttons";
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
  private readonly shapes = shapeChoice("Brush", "Draw around pixels");
  private readonly readout = h("div", { class: "swi-readout" }, HINT);
  private readonly list = h("div", { class: "swi-maps-list" });
  private maps: PhotoMap[] = [];
  private index: PixelIndex | undefined;

  constructor(private readonly session: Parts) {
    super("Photos and maps", false, "maps");
    const { traits, changes } = session;
    this.menu = new AttributeMenu("Attribute of the maps", undefined, (name) =>
      session.choice.choose("map", name),
    );
    this.body.append(
      h("div", { class: "swi-row" }, this.menu.element, this.shapes.element),
      this.list,
      this.readout,
    );
    this.cleanup.add(
      traits.bind("catalogue", (items) => this.menu.setItems(items)),
      traits.bind("map_attribute", () => this.update()),
      traits.bind("scene_info", () => this.update()),
      ...traits.bindAll(COLOUR_TRAITS, () => this.paint()),
      changes.on("channel", (name) => {
        if ([...PIXEL_CHANNELS, traits.get("map_attribute")].includes(name)) this.update();
      }),
      changes.on("scene", () => {
        this.index = undefined;
        this.update();
      }),
      changes.on("photos", () => this.update()),
      changes.on("selection", () => this.showSelection()),
      changes.on("hover", () => this.showHover()),
      changes.on("picked", () => this.showHover()),
      changes.on("theme", () => this.showSelection()),
      () => this.clear(),
    );
  }

  private clear(): void {
    for (const map of this.maps.splice(0)) map.dispose();
  }

  protected override update(): void {
    const { traits, attributes, photos } = this.session;
    const { kind, photos: items } = traits.get("scene_info");
    const known = kind === "reconstruction" && items.length > 0;
    this.element.hidden = !known;
    const name = traits.get("map_attribute");
    this.menu.set(name);
    const item = traits.attribute(name);
    this.note(item ? titled(item.label, item.unit) : "");
    if (!known || !this.isOpen) return;
    photos.request();
    for (const wanted of [...PIXEL_CHANNELS, name]) attributes.request(wanted);
    this.build();
    this.paint();
  }

  private build(): void {
    const { traits, inspection, photos } = this.session;
    const { photos: items } = traits.get("scene_info");
    if (this.maps.length !== items.length) {
      this.clear();
      this.maps = items.map((_, number) => this.map(number));
      this.list.append(...this.maps.map((map) => map.element));
    }
    const pixels = inspection.pixels();
    if (pixels) this.index ??= pixelIndex(items, pixels);
    this.maps.forEach((map, i) => {
      map.setPhoto(items[i], photos.pictures[i]);
    });
    this.showSelection();
  }

  private map(view: number): PhotoMap {
    const { picker, selection } = this.session;
    return new PhotoMap(view, {
      shape: () => this.shapes.value,
      hover: (x, y) => picker.hover(this.wireAt(view, x, y)),
      pick: (x, y) => {
        const wire = this.wireAt(view, x, y);
        if (wire >= 0) picker.pickWire(wire);
      },
      select: (points, event) => {
        if (this.index) selection.selectPhoto(view, points, selection.modeOf(event));
      },
    });
  }

  private wireAt(view: number, x: number, y: number): number {
    const grid = this.index?.[view];
    if (!grid || x < 0 || y < 0 || x >= grid.width || y >= grid.height) return -1;
    return grid.wires[Math.floor(y) * grid.width + Math.floor(x)];
  }

  // The colours of the picture where both show one attribute, else the attribute's own.
  private paint(): void {
    const { traits, attributes, colouring } = this.session;
    const name = traits.get("map_attribute");
    const channel = attributes.get(name);
    const item = traits.attribute(name);
    const { index } = this;
    if (!this.isOpen || !index || !channel || !item) return;
    const colour = name === traits.get("color_by") ? colouring.colour() : undefined;
    const scale = colour ?? scaleOf(...limitsOf(channel, item.log), item.log);
    const map = colormap(colour?.map ?? item.colormap);
    this.maps.forEach((one, i) => {
      if (index[i]) one.setMap(index[i], channel.values, scale, map);
    });
  }

  private showSelection(): void {
    const { index } = this;
    if (!this.isOpen || !index) return;
    const { mask, count } = this.session.selection;
    this.maps.forEach((one, i) => {
      if (index[i]) one.setSelection(index[i], count ? mask : undefined);
    });
  }

  private showHover(): void {
    if (!this.isOpen) return;
    const { traits, attributes, inspection, picker } = this.session;
    const wire = picker.hovered >= 0 ? picker.hovered : (picker.picked?.wire ?? -1);
    const pixels = inspection.pixels();
    const [view, row, col] = PIXEL_CHANNELS.map((name) => pixels?.[name][wire] ?? -1);
    this.maps.forEach((map, i) => {
      map.setCursor(view === i ? [col, row] : undefined);
    });
    const name = traits.get("map_attribute");
    const value = attributes.get(name)?.values[wire];
    if (picker.hovered < 0 || view < 0 || value === undefined) {
      this.readout.textContent = HINT;
      return;
    }
    const unit = traits.attribute(name)?.unit;
    const number = `${formatValue(value)}${unit ? ` ${unit}` : ""}`;
    this.readout.textContent = `Photo ${view + 1}, row ${formatCount(row)}, column ${formatCount(col)}: ${number}`;
  }
}
