// Messages between the viewer's page and `splat_widgets/viewer/widget.py`.
import type { PinholeCamera, SceneHeader } from "../page/state.gen";

export type FromKernel =
  | { kind: "scene"; view: string; transfer: string; header: SceneHeader | null }
  | { kind: "chunk"; view: string; transfer: string; number: number; first: number; count: number }
  | {
      kind: "snapshot";
      view?: string; // every view if left out
      request: string;
      width: number | null;
      height: number | null;
      camera: PinholeCamera | null;
      transparent: boolean;
    };

export type ToKernel =
  | { kind: "ready"; view: string }
  | { kind: "received"; view: string; transfer: string; number: number }
  | { kind: "closed"; view: string }
  | { kind: "snapshot"; view: string; request: string; problem?: string };
