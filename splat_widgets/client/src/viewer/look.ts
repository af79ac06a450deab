// How splats are drawn besides camera and display: colours, filters, what is pretended. Plain values.

export type Override = "opaque" | "isotropic" | "no_offset" | "photo_colour";

/** Colours by a channel instead of the scene's own. */
export type ColourBy = {
  channel: string;
  map: Uint8Array; // 256 RGBA colours
  low: number;
  high: number;
  log: boolean;
};

/** Shown only if low <= value <= high; null is no bound; what is not a number is hidden. */
export type Filter = { channel: string; low: number | null; high: number | null };

export type Look = {
  colour: ColourBy | null;
  filters: readonly Filter[];
  opacityScale: number;
  overrides: readonly Override[];
  isolate: boolean; // only marked splats
};

export const AS_PREDICTED: Look = {
  colour: null,
  filters: [],
  opacityScale: 1,
  overrides: [],
  isolate: false,
};

/** Filters at once; the shader has room for no more. */
export const MAX_FILTERS = 32;

/** Channels that an override reads. */
export const OVERRIDE_CHANNELS: Readonly<Record<Override, readonly string[]>> = {
  opaque: [],
  isotropic: [],
  no_offset: ["offset_x", "offset_y", "offset_z", "offset_length"], // direction, length
  photo_colour: ["residual_red", "residual_green", "residual_blue"],
};
