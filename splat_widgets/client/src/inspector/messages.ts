// Messages between the inspector's page and `splat_widgets/inspector/`, beside those of the viewer.
import type { ActionName, PickedAnswer, SelectHow, ViewItem } from "../page/state.gen";

export type FromKernel =
  | {
      kind: "attribute";
      request: string;
      name: string;
      first: number;
      count: number;
      total: number;
      limits: [number, number];
      limits_log: [number, number];
      pending: boolean; // it is being computed, which takes seconds
      problem: string;
    }
  | { kind: "stale"; names: string[] } // these have other values now
  | { kind: "photos"; request: string; photos: ViewItem[]; problem: string }
  | { kind: "script"; text: string }
  | ({ kind: "picked"; number: number | null } & PickedAnswer)
  | { kind: "selection"; scene: string; count: number; total: number };

/** What the page says, without the view that says it. */
export type ToKernel =
  | { kind: "attribute"; request: string; name: string }
  | { kind: "photos"; request: string }
  | { kind: "script" }
  | { kind: "select"; scene: string; how: SelectHow }
  | { kind: "pick"; scene: string; wire: number; stack: [number, number][]; number: number }
  | ({ kind: "action"; scene: string; name: ActionName } & Record<string, unknown>);
