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

/** An attribute that the scene has: what a menu and an axis need. */
export type AttributeItem = {
  name: string;
  label: string;
  unit: string;
  group: string;
  formula: string;
  description: string;
  source: string;
  colormap: string;
  log: boolean;
  slow: boolean;
};

/** The latest message to the user. */
export type InspectorMessage = {
  level: "info" | "warning" | "error";
  text: string;
};

/** A photo as the network saw it. */
export type ViewItem = {
  name: string;
  width: number;
  height: number;
};

/** Facts about the scene that the panel shows. */
export type SceneInfo = {
  kind: "" | "gaussians" | "reconstruction";
  count: number;
  hidden: number;
  sh_degree: number;
  selected: number;
  can_undo: boolean;
  can_redo: boolean;
  floaters: string;
  views: ViewItem[];
};

/** A file that was refused. */
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
  number: number;
};

/** The last message. */
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

/** A `geometry.cameras.Camera` as plain numbers. */
export type PinholeCamera = {
  T_world_camera: number[];
  focal_px: number;
  principal_point_px: [number, number];
  width: number;
  height: number;
};

/** What was drawn when a selection was made; it leaves hidden Gaussians alone. */
export type Shown = {
  filters: { [key: string]: [number | null, number | null] };
  shown_photos: number[];
  isolate: boolean;
  overrides: ("opaque" | "isotropic" | "no_offset" | "photo_colour")[];
  opacity_scale: number;
  splat_scale: number;
};

/** A selection on the picture: projected centres inside a polygon or rectangle. */
export type PictureHow = {
  kind: "rectangle" | "lasso";
  camera: PinholeCamera;
  points: [number, number][];
  through: boolean;
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A selection of centres inside a box along the world's axes. */
export type BoxHow = {
  kind: "box";
  center: [number, number, number];
  half_sizes: [number, number, number];
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A selection of centres inside a ball. */
export type SphereHow = {
  kind: "sphere";
  center: [number, number, number];
  radius: number;
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A selection by the values of an attribute. */
export type RangeHow = {
  kind: "range";
  attribute: string;
  low: number | null;
  high: number | null;
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A selection by a polygon in the plane of two attributes. */
export type DensityHow = {
  kind: "density";
  attributes: [string, string];
  points: [number, number][];
  log: [boolean, boolean];
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A selection of the Gaussians whose own pixel lies inside a polygon on a photo. */
export type PhotoHow = {
  kind: "photo";
  photo_view: number;
  points: [number, number][];
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A selection of single Gaussians. */
export type PickHow = {
  kind: "pick";
  wires: number[];
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A selection of all that is shown, of its unselected rest, of nothing, or grown by a pixel. */
export type WholeHow = {
  kind: "all" | "invert" | "none" | "grow";
  shown: Shown;
};

export type SelectHow =
  | PictureHow
  | BoxHow
  | SphereHow
  | RangeHow
  | DensityHow
  | PhotoHow
  | PickHow
  | WholeHow;

export type ActionName = "keep" | "delete" | "undo" | "redo" | "floaters" | "crop";

/** The pixel that a Gaussian was predicted for. */
export type PickedPixel = {
  view: number;
  row: number;
  col: number;
  photo: string;
  x: number;
  y: number;
};

/** One of the Gaussians under the pointer. */
export type StackEntry = {
  wire: number;
  index: number;
  weight: number;
};

/** All numbers of one Gaussian; the buffer is a PNG of its surroundings on the photo. */
export type PickedAnswer = {
  index: number;
  wire: number;
  center: [number, number, number];
  axes: [number, number, number][];
  values: { [key: string]: number | null };
  source: PickedPixel | null;
  stack: StackEntry[];
  problem: string;
};

/** The front end, as the one buffer. */
export type BundleAnswer = {
  kind: "bundle";
  hash: string;
  problem: string;
};

/** A ball that holds most of a scene. */
export type Bounds = {
  center: [number, number, number];
  radius: number;
};

/** What a scene is, sent before its chunks. */
export type SceneHeader = {
  scene: string;
  count: number;
  sh_degree: number;
  exact: boolean;
  chunks: number;
  chunk_splats: number;
  bounds: Bounds;
  cameras: PinholeCamera[];
  camera: CameraState;
};

/** A new scene, whose chunks follow; or none. */
export type SceneAnnounced = {
  kind: "scene";
  view: string;
  transfer: string;
  header: SceneHeader | null;
};

/** Asks for a picture. */
export type SnapshotRequest = {
  kind: "snapshot";
  view: string | null;
  request: string;
  width: number | null;
  height: number | null;
  camera: PinholeCamera | null;
  transparent: boolean;
};

/** A part of a transfer, as the one buffer; travels in both directions. */
export type Chunk = {
  kind: "chunk";
  transfer: string;
  number: number;
};

/** The kernel acknowledges a chunk, or answers a question. */
export type ChunksState = {
  kind: "chunks_state";
  transfer: string;
  next: number;
  question: number;
};

export type ViewerToPage = BundleAnswer | SceneAnnounced | SnapshotRequest | Chunk | ChunksState;

/** The loader asks for the front end. */
export type BundleRequest = {
  kind: "bundle";
  hash: string;
};

/** A view wants the scene. Until it is announced, `view` serves as the transfer's name. */
export type Ready = {
  kind: "ready";
  view: string;
};

/** A view is gone. */
export type Closed = {
  kind: "closed";
  view: string;
};

/** A picture, as the one PNG buffer. */
export type SnapshotTaken = {
  kind: "snapshot";
  view: string;
  request: string;
  problem: string;
};

/** The page has every chunk below `next`. */
export type ChunksArrived = {
  kind: "chunks_arrived";
  transfer: string;
  next: number;
  resend: boolean;
};

/** The page has heard nothing for a while. It counts its questions from 1. */
export type ChunksQuestion = {
  kind: "chunks_question";
  transfer: string;
  question: number;
};

export type ViewerToKernel =
  | BundleRequest
  | Ready
  | Closed
  | SnapshotTaken
  | ChunksArrived
  | ChunksQuestion;

/** The kernel takes the file's chunks. */
export type FileReady = {
  kind: "file_ready";
  id: string;
  chunk_bytes: number;
};

/** The kernel has accepted the file. */
export type FileDone = {
  kind: "file_done";
  id: string;
};

/** The kernel refuses the file. */
export type FileFailed = {
  kind: "file_failed";
  id: string;
  reason: string;
  retryable: boolean;
};

/** A small picture of a photo, as the one JPEG buffer. */
export type Thumbnail = {
  kind: "thumbnail";
  id: string;
};

export type UploadToPage =
  | BundleAnswer
  | FileReady
  | ChunksState
  | FileDone
  | FileFailed
  | Thumbnail;

/** A file is to be sent; `id` names its transfer too. */
export type FileBegin = {
  kind: "file_begin";
  id: string;
  name: string;
  size: number;
};

/** The page sends no more of the file. */
export type FileCancel = {
  kind: "file_cancel";
  id: string;
};

/** The page has no picture of these photos. */
export type ThumbnailsWanted = {
  kind: "thumbnails";
  ids: string[];
};

/** The user moved a photo. */
export type MovePhoto = {
  kind: "move";
  id: string;
  to: number;
};

/** The user removed a photo. */
export type RemovePhoto = {
  kind: "remove";
  id: string;
};

/** The user added a photo to the choice, or removed it. */
export type TogglePhoto = {
  kind: "toggle";
  id: string;
};

/** The user removed all photos and messages. */
export type ResetPanel = {
  kind: "reset";
};

/** The page refused a file and did not send it. */
export type FileRefused = {
  kind: "refused";
  id: string;
  name: string;
  reason: string;
};

/** The user dismissed the message about a refused file. */
export type DismissProblem = {
  kind: "dismiss";
  id: string | null;
};

/** How many files are still to come. */
export type QueueLength = {
  kind: "queue";
  count: number;
};

export type UploadToKernel =
  | BundleRequest
  | FileBegin
  | FileCancel
  | Chunk
  | ChunksQuestion
  | ThumbnailsWanted
  | MovePhoto
  | RemovePhoto
  | TogglePhoto
  | ResetPanel
  | FileRefused
  | DismissProblem
  | QueueLength;

/** A file's chunks follow. */
export type DownloadBegins = {
  kind: "download";
  request: string;
  name: string;
  size: number;
  chunks: number;
};

/** The file could not be made; the strip shows why. */
export type DownloadFailed = {
  kind: "download_failed";
  request: string;
};

export type StripToPage =
  | BundleAnswer
  | FileReady
  | ChunksState
  | FileDone
  | FileFailed
  | Chunk
  | DownloadBegins
  | DownloadFailed;

/** Start a run. */
export type Generate = {
  kind: "generate";
};

/** Stop the run. */
export type CancelRun = {
  kind: "cancel";
};

/** Remove the photos and empty the viewer. */
export type StartOver = {
  kind: "reset";
};

/** Put a scene in the viewer. */
export type ShowScene = {
  kind: "show";
  id: number;
};

/** Write a scene to the output folder. */
export type SaveScene = {
  kind: "save";
  id: number;
};

/** Remove a scene from the list. */
export type ForgetScene = {
  kind: "forget";
  id: number;
};

/** Open a scene of the output folder. */
export type OpenSaved = {
  kind: "open_saved";
  name: string;
};

/** Send a scene's file; `request` names the transfer. */
export type DownloadWanted = {
  kind: "download";
  id: number;
  request: string;
};

export type StripToKernel =
  | BundleRequest
  | FileBegin
  | FileCancel
  | Chunk
  | ChunksArrived
  | ChunksQuestion
  | Generate
  | CancelRun
  | StartOver
  | ShowScene
  | SaveScene
  | ForgetScene
  | OpenSaved
  | DownloadWanted;

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

/** Synced traits of Inspector. */
export type InspectorState = {
  /** Class of the picture that stands in for this viewer; hidden. */
  _still: string;
  /** A CSS colour such as 'black' or '#202020'; 'auto' follows the theme. */
  background: string;
  /** Where the view is; a `Camera` may be assigned. */
  camera: CameraState;
  /** The attributes that the scene has. */
  catalogue: AttributeItem[];
  /** Attribute that colours the splats; '' for their own colours. */
  color_by: string;
  /** Logarithmic colour scale. */
  color_log: boolean;
  /** [low, high] of the colour scale; [] for the attribute's own. */
  color_range: number[];
  /** Colours of the scale; '' for the attribute's own. */
  colormap: "" | "viridis" | "cividis" | "magma" | "coolwarm" | "twilight" | "gray";
  /** What to draw for each Gaussian. */
  display: "splats" | "points" | "ellipsoids";
  /** Range by attribute, both ends included, null for no bound: the rest is hidden. */
  filters: { [name: string]: [number | null, number | null] };
  /** Height on the page, in CSS pixels. */
  height: number;
  /** Attribute of the histogram. */
  histogram_attribute: string;
  /** Logarithmic values in the histogram. */
  histogram_log: boolean;
  /** Logarithmic counts in the histogram. */
  histogram_log_count: boolean;
  /** Draw only the selection. */
  isolate: boolean;
  /** Attribute shown as a picture beside each photo. */
  map_attribute: string;
  /** The latest message to the user. */
  message: InspectorMessage;
  /** Multiplies opacity, 1 at most. */
  opacity_scale: number;
  /** What if: opacity 1, round, without the head's offset, in the photo's colour. */
  overrides: ("opaque" | "isotropic" | "no_offset" | "photo_colour")[];
  /** The Gaussian that was clicked, as a row of the scene; -1: none. */
  picked: number;
  /** Attributes of the density plot, across and up. */
  scatter_attributes: string[];
  /** Logarithmic axes of the density plot. */
  scatter_log: [boolean, boolean];
  /** About the scene and the selection. */
  scene_info: SceneInfo;
  /** What a new selection does to the old one. */
  select_mode: "replace" | "add" | "subtract" | "intersect";
  /** Select also what cannot be seen. */
  select_through: boolean;
  /** Draw the input cameras; a click flies there. */
  show_cameras: boolean;
  /** Show the panel beside the picture. */
  show_panel: boolean;
  /** Indices of the photos whose Gaussians are drawn; [] for all. */
  shown_photos: number[];
  /** Scale on every splat's extent; 1 is as predicted. */
  splat_scale: number;
  /** What the page is doing; written by the page. */
  status: ViewerStatus;
  /** What dragging does; a click picks in navigate too. */
  tool: "navigate" | "pick" | "rectangle" | "lasso" | "box" | "sphere";
};

/** Synced traits of UploadPanel. */
export type UploadPanelState = {
  /** Files that were refused. */
  _errors: ItemError[];
  /** The photos, in order. */
  _items: PhotoItem[];
  /** Says which photos will be used. */
  _sentence: string;
  /** Side of the square the network sees, px; for the drawn crop. */
  image_size: number;
  /** Photos the model takes for one scene at most. */
  max_chosen: number;
  /** Bytes of one file at most. */
  max_file_size: number;
  /** Photos the panel holds at most. */
  max_images: number;
};

/** Synced traits of RunStrip. */
export type RunStripState = {
  /** Whether there are photos to start with. */
  can_generate: boolean;
  /** The last message. */
  message: MessageItem;
  /** The loaded model and its device. */
  model_line: string;
  /** What the user should know about the model. */
  notice: string;
  /** Where scenes are saved. */
  output_dir: string;
  /** The last scenes, newest first. */
  results: ResultItem[];
  /** The current run, or the last one. */
  run: RunItem;
  /** Scenes in the output folder, newest first. */
  saved_files: string[];
};

/** Synced traits of Studio. */
export type StudioState = {
  /** The widgets in it, from top to bottom. */
  _parts: string[];
};

/** `splat_widgets.rendering.projection.NEAR_PLANE`. */
export const NEAR_PLANE = 0.01;

/** `splat_widgets.inspector.state.SETTINGS`. */
export const SETTINGS = [
  "display",
  "splat_scale",
  "background",
  "color_by",
  "colormap",
  "color_range",
  "color_log",
  "filters",
  "opacity_scale",
  "overrides",
  "shown_photos",
  "isolate",
  "histogram_attribute",
  "histogram_log",
  "histogram_log_count",
  "scatter_attributes",
  "scatter_log",
  "map_attribute",
] as const;
