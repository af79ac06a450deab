// Misspelt messages. tsc checks this file, and fails where a marked line is not an error.
import type { Channel, Handlers } from "../../src/page/channel";
import type {
  InspectorToKernel,
  InspectorToPage,
  StripToKernel,
  StripToPage,
  UploadToKernel,
  UploadToPage,
  ViewerToKernel,
  ViewerToPage,
} from "../../src/page/state.gen";

export function send(
  viewer: Channel<ViewerToPage, ViewerToKernel>,
  upload: Channel<UploadToPage, UploadToKernel>,
  strip: Channel<StripToPage, StripToKernel>,
  inspector: Channel<InspectorToPage, InspectorToKernel>,
): void {
  viewer.send({ kind: "ready", view: "a", transfer: null });
  // @ts-expect-error
  viewer.send({ kind: "raedy", view: "a", transfer: null });
  // @ts-expect-error
  viewer.send({ kind: "ready", veiw: "a", transfer: null });
  // @ts-expect-error
  viewer.send({ kind: "ready" });
  upload.send({ kind: "thumbnails", ids: [] });
  // @ts-expect-error
  upload.send({ kind: "thumbnials", ids: [] });
  // @ts-expect-error
  upload.send({ kind: "move", id: "a", ot: 1 });
  inspector.send({ kind: "script", view: "a" });
  // @ts-expect-error
  inspector.send({ kind: "scirpt", view: "a" });
  // @ts-expect-error
  inspector.send({ kind: "attribute", view: "a", request: "r", nmae: "x" });
  strip.send({ kind: "forget", id: 1 });
  // @ts-expect-error
  strip.send({ kind: "froget", id: 1 });
  // @ts-expect-error
  strip.send({ kind: "generate", id: 1 });
}

const nothing = () => {};

export const complete: Handlers<UploadToPage> = {
  file_ready: nothing,
  file_done: nothing,
  file_failed: ({ retryable }) => void retryable,
  chunks_state: nothing,
  thumbnail: nothing,
};

// @ts-expect-error `thumbnail` has no handler
export const incomplete: Handlers<UploadToPage> = {
  file_ready: nothing,
  file_done: nothing,
  file_failed: nothing,
  chunks_state: nothing,
};

export const misspelt: Handlers<UploadToPage> = {
  ...complete,
  // @ts-expect-error
  thumbnial: nothing,
};

export const wrongField: Handlers<UploadToPage> = {
  ...complete,
  // @ts-expect-error
  file_failed: ({ retriable }) => void retriable,
};
