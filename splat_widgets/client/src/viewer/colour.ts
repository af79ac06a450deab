// CSS colours.
import { h } from "../page/dom";

/** A CSS colour as #rrggbb, which colour inputs need; black if the browser does not know it. */
export function hexColour(colour: string): string {
  const context = h("canvas", { width: 1, height: 1 }).getContext("2d");
  if (!context) return "#000000";
  context.fillStyle = "#000000";
  context.fillStyle = colour;
  const found = String(context.fillStyle);
  return found.startsWith("#") ? found : "#000000";
}
