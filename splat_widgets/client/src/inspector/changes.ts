// What happens on the page; the parts of the session tell it, the sections listen.
import type { Emitter } from "../page/emitter";
import type { Volume } from "./volumes";

export type Changes = Emitter<{
  scene: undefined; // another scene, or the same one on a new canvas; sections load what they show
  channel: string; // the values of this attribute arrived, failed, or were requested
  shown: undefined; // filters hide other splats than before
  selection: undefined;
  volume: Volume | undefined;
  hover: undefined;
  picked: { isNew: boolean };
  photos: undefined;
  script: string;
  theme: undefined;
}>;
