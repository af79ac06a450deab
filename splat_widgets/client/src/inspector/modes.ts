// How a new selection meets the old one.
import type { InspectorState } from "../page/state.gen";

export type Mode = InspectorState["select_mode"];

/** Shift adds, Alt subtracts, both intersect; without them it is as chosen. */
export function modeOf(event: { shiftKey: boolean; altKey: boolean }, chosen: Mode): Mode {
  if (event.shiftKey && event.altKey) return "intersect";
  if (event.shiftKey) return "add";
  return event.altKey ? "subtract" : chosen;
}
