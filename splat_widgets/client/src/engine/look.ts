// How splats look: colours, opacity, what-if overrides. Plain values.

import type { Override } from "../page/state.gen";

export type { Override };

/** Colours from a channel's values instead of the scene's own colours. */
export type ColourBy = {
  channel: string;
  map: Uint8Array; // 256 RGBA colours
  low: number;
  high: number;
  log: boolean;
};

export type Look = {
  colour: ColourBy | null;
  opacityScale: number;
  overrides: readonly Override[];
  showMarks: boolean; // tint the marked splats
};

export const AS_PREDICTED: Look = {
  colour: null,
  opacityScale: 1,
  overrides: [],
  showMarks: true,
};

/** Channels that an override reads. */
export const OVERRIDE_CHANNELS: Readonly<Record<Override, readonly string[]>> = {
  opaque: [],
  isotropic: [],
  no_offset: ["offset_x", "offset_y", "offset_z", "offset_length"], // unit direction and length
  photo_colour: ["residual_red", "residual_green", "residual_blue"],
};
