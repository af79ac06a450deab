// Messages of the inspector's page and `splat_widgets/inspector/`, beside those of the viewer.
import type {
  InspectorToKernel,
  InspectorToPage,
  ViewerToKernel,
  ViewerToPage,
} from "../page/state.gen";

type WithoutView<M> = M extends unknown ? Omit<M, "view"> : never;

export type FromKernel = Exclude<InspectorToPage, ViewerToPage>;
export type ViewToKernel = Exclude<InspectorToKernel, ViewerToKernel>;
/** What the parts of a session send; the view adds which it is. */
export type ToKernel = WithoutView<ViewToKernel>;
