// Ticks and names of a plot's axes.
import { formatValue } from "./numbers";
import type { Surface } from "./plotCanvas";
import { placeOf, type Scale, ticks } from "./scale";

const TICK_PX = 4;

/** Draws the axis below a frame. */
export function drawAcross({ context, frame, colours }: Surface, scale: Scale): void {
  const y = frame.top + frame.height;
  context.textBaseline = "top";
  line(context, frame.left, y, frame.left + frame.width, y, colours.line);
  let free = Number.NEGATIVE_INFINITY; // right end of the last label
  for (const value of ticks(scale, Math.max(2, Math.floor(frame.width / 56)))) {
    const x = Math.round(frame.left + frame.width * placeOf(scale, value));
    line(context, x + 0.5, y, x + 0.5, y + TICK_PX, colours.line);
    const text = formatValue(value);
    const half = context.measureText(text).width / 2;
    const centre = Math.min(
      Math.max(x, frame.left - 4 + half),
      frame.left + frame.width + 4 - half,
    );
    if (centre - half < free) continue;
    free = centre + half + 6;
    context.fillStyle = colours.muted;
    context.textAlign = "center";
    context.fillText(text, centre, y + TICK_PX + 2);
  }
}

/** Draws the axis left of a frame. */
export function drawUp({ context, frame, colours }: Surface, scale: Scale): void {
  const bottom = frame.top + frame.height;
  line(context, frame.left, frame.top, frame.left, bottom, colours.line);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of ticks(scale, Math.max(2, Math.floor(frame.height / 34)))) {
    const y = Math.round(bottom - frame.height * placeOf(scale, value));
    line(context, frame.left - TICK_PX, y + 0.5, frame.left, y + 0.5, colours.line);
    context.fillStyle = colours.muted;
    const inside = Math.min(Math.max(y, frame.top + 5), bottom - 5);
    context.fillText(formatValue(value, 3), frame.left - TICK_PX - 3, inside);
  }
}

function line(
  context: CanvasRenderingContext2D,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
