// A page that `viewer/standalone.py` wrote: the viewer, and over it an attribute's colours and the
// selection that it carries.
import { colormap } from "../engine/colormaps";
import { Inspection } from "../engine/inspection";
import { unpackBits } from "../engine/mask";
import { h, style } from "../page/dom";
import type { SceneHeader, Shared, SharedColour } from "../page/state.gen";
import { fromBase64, openPage } from "../viewer/page";
import type { Panel } from "../viewer/panel";
import { titled } from "./plots/numbers";
import { ScaleBar } from "./plots/scaleBar";
import overlayCss from "./styles/overlay.css";

const CHANNEL = "shared";
const BAR_PX = 220; // width in overlay.css

/** Opens the scene that a written page carries in its own elements. */
export function openWrittenPage(): void {
  const header = read<SceneHeader>("header");
  if (!header) return;
  const parts = document.querySelectorAll<HTMLScriptElement>("script[data-splats]");
  const chunks = [...parts].map((part) => ({
    first: Number(part.dataset.first),
    count: Number(part.dataset.splats),
    data: part.textContent ?? "",
  }));
  const el = h("div", { class: "sw-page" });
  document.body.append(el);
  const shared = read<Shared>("shared");
  openPage(el, { header, chunks }, undefined, (panel) => {
    if (shared && (shared.colour || shared.selection)) dress(el, panel, shared);
  }).catch((error: unknown) => {
    el.append(h("p", { role: "alert" }, String(error)));
  });
}

/** Shows what is shared beside the splats, also after the graphics memory was lost. */
function dress(el: HTMLElement, panel: Panel, { colour, selection }: Shared): void {
  style(el, "inspector", overlayCss);
  const inspection = new Inspection();
  const values = colour && new Float32Array(fromBase64(colour.values));
  const bits = selection && new Uint8Array(fromBase64(selection));
  let own = false; // whether the splats have their own colours
  const look = () =>
    inspection.setLook({
      colour:
        colour && !own ? { ...colour, channel: CHANNEL, map: colormap(colour.colormap) } : null,
    });
  panel.onScene = (scene) => {
    inspection.attach(scene);
    if (values) inspection.setChannel(CHANNEL, values);
    if (bits) inspection.setSelection(unpackBits(bits, inspection.count));
    look();
  };
  panel.wireAt = (x, y) => inspection.stackAt(x, y)[0]?.wire;
  if (!colour) return;
  panel.picture.append(
    legend(colour, (on) => {
      own = on;
      look();
    }),
  );
}

function legend(colour: SharedColour, showOwn: (own: boolean) => void): HTMLElement {
  const bar = new ScaleBar("swi-colour-bar swi-shared-bar", BAR_PX);
  bar.show(titled(colour.label, colour.unit), colour, colour.colormap);
  const box = h("input", { type: "checkbox" });
  box.addEventListener("change", () => showOwn(box.checked));
  const choice = h("label", { class: "swi-shared-own" }, box, "Own colours");
  return h("div", { class: "swi-shared" }, bar.element, choice);
}

function read<T>(name: string): T | undefined {
  const json = document.getElementById(`splat-widgets-${name}`)?.textContent;
  return json ? (JSON.parse(json) as T) : undefined;
}
