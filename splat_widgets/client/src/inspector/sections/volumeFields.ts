// Typed numbers of the selecting box or sphere.
import { h, Owner } from "../../page/dom";
import { button, row } from "../controls/buttons";
import { type Expects, NumberField } from "../controls/numberField";
import type { Session } from "../session";
import type { Volume } from "../volumes";

const AXES = ["x", "y", "z"];

export class VolumeFields extends Owner {
  readonly element = h("div", { class: "swi-volume", role: "group", hidden: true });

  constructor({ selection, changes }: Pick<Session, "selection" | "changes">) {
    super();
    const aNumber: Expects = (value) => (value === null ? "a number" : "");
    const aSize: Expects = (value) => (value === null || value <= 0 ? "a number above 0" : "");
    const field = (
      label: string,
      expects: Expects,
      write: (volume: Volume, value: number) => void,
    ) =>
      new NumberField(
        label,
        (value) => {
          if (!selection.volume || value === null) return;
          const volume = structuredClone(selection.volume);
          write(volume, value);
          selection.setVolume(volume);
        },
        expects,
      );
    const centre = AXES.map((axis, i) =>
      field(`Centre ${axis}`, aNumber, (volume, value) => {
        volume.center[i] = value;
      }),
    );
    const half = AXES.map((axis, i) =>
      field(`Half size ${axis}`, aSize, (volume, value) => {
        if (volume.kind === "box") volume.half_sizes[i] = value;
      }),
    );
    const radius = field("Radius", aSize, (volume, value) => {
      if (volume.kind === "sphere") volume.radius = value;
    });
    const select = button({ text: "Select inside", label: "Select what lies inside" }, (event) =>
      selection.selectVolume(selection.modeOf(event)),
    );
    const crop = button({ text: "Crop", label: "Take what lies outside out of the scene" }, () => {
      const { volume } = selection;
      if (volume?.kind === "box")
        selection.act("crop", { center: volume.center, half_sizes: volume.half_sizes });
    });
    const hide = button(
      { text: "Hide", label: "Put the box or sphere away", class: "sw-plain" },
      () => selection.setVolume(undefined),
    );
    const halfRow = row("Half sizes", ...half.map(({ element }) => element));
    const radiusRow = row("Radius", radius.element);
    this.element.append(
      row("Centre", ...centre.map(({ element }) => element)),
      halfRow,
      radiusRow,
      h("div", { class: "swi-row swi-wrap" }, select, crop, hide),
    );
    const show = (volume: Volume | undefined) => {
      this.element.hidden = !volume;
      if (!volume) return;
      const isBox = volume.kind === "box";
      this.element.setAttribute("aria-label", isBox ? "Box" : "Sphere");
      halfRow.hidden = crop.hidden = !isBox;
      radiusRow.hidden = isBox;
      for (const i of [0, 1, 2]) {
        centre[i].set(volume.center[i]);
        if (isBox) half[i].set(volume.half_sizes[i]);
      }
      if (!isBox) radius.set(volume.radius);
    };
    this.cleanup.add(changes.on("volume", show));
  }
}
