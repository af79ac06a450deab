// What a person chooses for the picture: the viewer's traits of the same names.
import type { SplatViewerState } from "../page/state.gen";

export type Settings = Pick<
  SplatViewerState,
  "display" | "splat_scale" | "background" | "show_cameras" | "photo_opacity"
>;

export const SETTINGS = [
  "display",
  "splat_scale",
  "background",
  "show_cameras",
  "photo_opacity",
] as const;
