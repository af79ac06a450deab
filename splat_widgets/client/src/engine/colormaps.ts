// Colormaps as bytes for textures and canvases.
import { COLOURS, type Colormap } from "../page/state.gen";

/** Which of 256 colours a place `t` from 0 to 1 has: each has an equal share, as in Python. */
export const COLOUR_INDEX_GLSL = "int(clamp(floor(t * 256.0), 0.0, 255.0))";

/** The same as `COLOUR_INDEX_GLSL`. */
export function colourIndex(t: number): number {
  return Math.min(Math.max(Math.floor(t * 256), 0), 255);
}

const decoded = new Map<string, Uint8Array>();

/** 256 RGBA colours of a map, from its low to its high end. */
export function colormap(name: string): Uint8Array {
  let colours = decoded.get(name);
  if (colours) return colours;
  const table = Object.hasOwn(COLOURS, name) ? COLOURS[name as Colormap] : undefined;
  if (!table) throw new Error(`there is no colormap named ${name}`);
  const rgb = Uint8Array.from(atob(table), (c) => c.charCodeAt(0));
  colours = new Uint8Array(1024).fill(255);
  for (let i = 0; i < 256; i++) colours.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  decoded.set(name, colours);
  return colours;
}
