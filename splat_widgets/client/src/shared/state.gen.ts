// Generated from the Python traits by `python splat_widgets/client/generate_state.py`; do not edit.

/** Where the viewer looks from; what `viewer.camera` holds. */
export type CameraState = {
  position: [number, number, number];
  target: [number, number, number];
  up: [number, number, number];
  fov_deg: number;
};

/** What a view on a page is doing; what `viewer.status` holds. */
export type ViewerStatus = {
  phase: "waiting" | "empty" | "loading" | "ready" | "lost" | "error";
  view: string;
  scene: string;
  received: number;
  count: number;
  frame: number;
  sort_ms: number;
  frame_ms: number;
  error: string;
};

/** A file that was not taken. */
export type ItemError = {
  id: string;
  name: string;
  reason: string;
};

/** A photo as the panel shows it; its picture travels in a message. */
export type PhotoItem = {
  id: string;
  name: string;
  size: number;
  width: number;
  height: number;
  crop: [number, number, number, number];
  pair: number;
};

/** The last thing there was to say. */
export type MessageItem = {
  level: "info" | "error";
  text: string;
};

/** A scene of the list. */
export type ResultItem = {
  id: number;
  title: string;
  detail: string;
  count: number;
  name: string;
  saved: string;
  shown: boolean;
};

/** One stage of a run. */
export type StageItem = {
  name: string;
  label: string;
  state: "waiting" | "active" | "done";
  fraction: number;
  seconds: number;
};

/** A run as the strip shows it. */
export type RunItem = {
  status: "idle" | "queued" | "running" | "cancelling" | "done" | "cancelled" | "failed";
  stages: StageItem[];
  seconds: number;
  detail: string;
};

/** A ball that holds most of a scene. */
export type Bounds = {
  center: [number, number, number];
  radius: number;
};

/** A `geometry.cameras.Camera` as plain numbers. */
export type PinholeCamera = {
  T_world_camera: number[];
  focal_px: number;
  principal_point_px: [number, number];
  width: number;
  height: number;
};

/** What a scene is, sent before its chunks. */
export type SceneHeader = {
  scene: string;
  count: number;
  sh_degree: number;
  exact: boolean;
  chunks: number;
  bounds: Bounds;
  cameras: PinholeCamera[];
  camera: CameraState;
};

/** Synced traits of SplatViewer. */
export type SplatViewerState = {
  /** Class of the picture that stands in for this viewer; hidden. */
  _still: string;
  /** A CSS colour such as 'black' or '#202020'; 'auto' follows the theme. */
  background: string;
  /** Where the view is; a `Camera` may be assigned. */
  camera: CameraState;
  /** What to draw for each Gaussian. */
  display: "splats" | "points" | "ellipsoids";
  /** Height on the page, in CSS pixels. */
  height: number;
  /** Draw the input cameras; a click flies there. */
  show_cameras: boolean;
  /** Scale on every splat's extent; 1 is as predicted. */
  splat_scale: number;
  /** What the page is doing; written by the page. */
  status: ViewerStatus;
};

/** Synced traits of UploadPanel. */
export type UploadPanelState = {
  /** Files that were not taken. */
  _errors: ItemError[];
  /** The photos, in order. */
  _items: PhotoItem[];
  /** Says which photos will be used. */
  _sentence: string;
  /** Side of the square the network sees, px; for the drawn crop. */
  image_size: number;
  /** Bytes of one file at most. */
  max_file_size: number;
  /** Photos the panel holds at most. */
  max_images: number;
};

/** Synced traits of RunStrip. */
export type RunStripState = {
  /** Whether there are photos to start with. */
  can_generate: boolean;
  /** The last thing there was to say. */
  message: MessageItem;
  /** Which model is loaded, where. */
  model_line: string;
  /** What to know about the model. */
  notice: string;
  /** Where scenes are saved. */
  output_dir: string;
  /** The last scenes, newest first. */
  results: ResultItem[];
  /** The run that goes on, or the last one. */
  run: RunItem;
  /** Scenes in the output folder, newest first. */
  saved_files: string[];
};
