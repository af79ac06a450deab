// Generated from the Python traits by `python splat_widgets/client/generate_state.py`; do not edit.

/** Where the viewer looks from; what `viewer.camera` holds. */
export type CameraState = {
  position: [number, number, number];
  target: [number, number, number];
  up: [number, number, number];
  fov_deg: number;
};

/** Two points on the scene's surface; what `viewer.measured` holds. */
export type Measured = {
  points: [number, number, number][];
  distance: number;
  unit: "m" | "units";
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
export type ScenePhoto = {
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
  undo: string;
  redo: string;
  floaters: string;
  photos: ScenePhoto[];
};

/** A file that was refused. */
export type ItemError = {
  id: string;
  name: string;
  reason: string;
};

/** What a photo has in common with another one, as the last run found. */
export type PhotoLink = {
  number: number;
  matches: number;
  connects: boolean;
};

/** A photo as the panel shows it; its picture travels in a message. */
export type PhotoItem = {
  id: string;
  name: string;
  size: number;
  width: number;
  height: number;
  crop: [number, number, number, number];
  is_cropped: boolean;
  number: number;
  links: PhotoLink[];
  left_out: boolean;
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
  kept: string;
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
  doubt: boolean;
};

/** What the photos say of the scene on the screen. */
export type VerdictItem = {
  level: "none" | "good" | "doubt";
  text: string;
  can_refine: boolean;
};

export type Display = "splats" | "points" | "ellipsoids";

/** An attribute that colours the splats. */
export type SharedColour = {
  label: string;
  unit: string;
  colormap: string;
  low: number;
  high: number;
  log: boolean;
  values: string;
};

/** What a written page carries beside its scene. */
export type Shared = {
  colour: SharedColour | null;
  selection: string;
};

export type Colormap = "viridis" | "cividis" | "magma" | "coolwarm" | "twilight" | "gray";

export type Override = "opaque" | "isotropic" | "no_offset" | "photo_colour";

export type Mode = "replace" | "add" | "subtract" | "intersect";

/** A `Camera` as plain numbers. */
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
  kind: "rectangle" | "lasso" | "polygon";
  camera: PinholeCamera;
  points: [number, number][];
  through: boolean;
  mode: "replace" | "add" | "subtract" | "intersect";
  shown: Shown;
};

/** A stroke of a round brush on the picture: projected centres that it passes. */
export type BrushHow = {
  kind: "brush";
  camera: PinholeCamera;
  points: [number, number][];
  radius: number;
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
  | BrushHow
  | BoxHow
  | SphereHow
  | RangeHow
  | DensityHow
  | PhotoHow
  | PickHow
  | WholeHow;

export type ActionName =
  | "keep"
  | "delete"
  | "undo"
  | "redo"
  | "floaters"
  | "crop"
  | "move"
  | "turn"
  | "scale"
  | "level"
  | "list_scenes"
  | "merge";

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

export type RefineChoice = "auto" | "on" | "off";

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

/** What a camera of the header took. */
export type CameraPhoto = {
  number: number;
  name: string;
  jpeg: string;
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
  photos: CameraPhoto[];
  metres: "given" | "model" | "unknown";
  camera: CameraState;
};

/** A new scene, whose chunks follow; or none. A transfer that the view has is not repeated. */
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

/** A view wants the scene, or asks whether it still has the latest: `scene` answers. */
export type Ready = {
  kind: "ready";
  view: string;
  transfer: string | null;
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

/** The person knows how far two points are apart: the scene is scaled to metres. */
export type Length = {
  kind: "length";
  view: string;
  scene: string;
  points: [number, number, number][];
  metres: number;
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

/** A view changed synced traits; `page/traits.py` says why this is a message. */
export type TraitsChanged = {
  kind: "traits";
  view: string;
  values: { [key: string]: unknown };
};

export type ViewerToKernel =
  | BundleRequest
  | Ready
  | Closed
  | SnapshotTaken
  | Length
  | ChunksArrived
  | ChunksQuestion
  | TraitsChanged;

/** A part of the answer to a view's request. */
export type AttributeValues = {
  kind: "attribute";
  name: string;
  first: number;
  count: number;
  total: number;
  limits: [number, number];
  limits_log: [number, number];
  pending: boolean;
  problem: string;
  view: string;
  request: string;
};

/** These attributes have other values now. */
export type AttributesStale = {
  kind: "stale";
  names: string[];
};

/** The photos, one PNG buffer each. */
export type PhotosSent = {
  kind: "photos";
  view: string;
  request: string;
  photos: ScenePhoto[];
  problem: string;
};

/** Python that repeats what was done. */
export type ScriptText = {
  kind: "script";
  view: string;
  text: string;
};

/** A view's selection has arrived. */
export type Selected = {
  kind: "selected";
  view: string;
  request: string;
};

/** What is selected, as the one buffer of bits. */
export type SelectionMask = {
  kind: "selection";
  view: string;
  scene: string;
  count: number;
  total: number;
};

/** What is picked, in numbers. */
export type Picked = {
  index: number;
  wire: number;
  center: [number, number, number];
  axes: [number, number, number][];
  values: { [key: string]: number | null };
  source: PickedPixel | null;
  stack: StackEntry[];
  problem: string;
  kind: "picked";
  view: string | null;
  number: number | null;
};

export type InspectorToPage =
  | BundleAnswer
  | SceneAnnounced
  | SnapshotRequest
  | Chunk
  | ChunksState
  | AttributeValues
  | AttributesStale
  | PhotosSent
  | ScriptText
  | Selected
  | SelectionMask
  | Picked;

/** Send the values of an attribute. */
export type AttributeWanted = {
  kind: "attribute";
  view: string;
  request: string;
  name: string;
};

/** Send the photos. */
export type PhotosWanted = {
  kind: "photos";
  view: string;
  request: string;
};

/** Send the Python that repeats what was done. */
export type ScriptWanted = {
  kind: "script";
  view: string;
};

/** A gesture selected the splats of a mask, the one buffer of bits. */
export type Select = {
  kind: "select";
  view: string;
  scene: string;
  request: string;
  how:
    | PictureHow
    | BrushHow
    | BoxHow
    | SphereHow
    | RangeHow
    | DensityHow
    | PhotoHow
    | PickHow
    | WholeHow;
};

/** The person picked a splat. */
export type Pick = {
  kind: "pick";
  view: string;
  scene: string;
  wire: number;
  stack: [number, number][];
  number: number;
};

/** Change the scene or the selection. */
export type Action = {
  kind: "action";
  view: string;
  scene: string;
  name:
    | "keep"
    | "delete"
    | "undo"
    | "redo"
    | "floaters"
    | "crop"
    | "move"
    | "turn"
    | "scale"
    | "level"
    | "list_scenes"
    | "merge";
  threshold: number | null;
  center: [number, number, number] | null;
  half_sizes: [number, number, number] | null;
  numbers: number[];
  other: string;
};

export type InspectorToKernel =
  | BundleRequest
  | Ready
  | Closed
  | SnapshotTaken
  | Length
  | ChunksArrived
  | ChunksQuestion
  | TraitsChanged
  | AttributeWanted
  | PhotosWanted
  | ScriptWanted
  | Select
  | Pick
  | Action;

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

/** The user moved or resized a photo's crop, or reset it. */
export type CropPhoto = {
  kind: "crop";
  id: string;
  crop: [number, number, number] | null;
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

/** Show the photos small, or large again. */
export type FoldPanel = {
  kind: "fold";
  folded: boolean;
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
  | CropPhoto
  | ResetPanel
  | FileRefused
  | DismissProblem
  | QueueLength
  | FoldPanel;

/** How two pictures differ. */
export type PictureFound = {
  titles: [string, string];
  width: number;
  height: number;
  psnr: number | null;
  ssim: number;
  covered: number;
  psnr_covered: number | null;
  ssim_covered: number | null;
  high: number;
  colormap: string;
};

/** Answers `PictureWanted`: JPEGs of the first, of the second, a PNG of the error. */
export type PictureCompared = {
  kind: "picture";
  view: string;
  request: string;
  problem: string;
  found: PictureFound | null;
};

/** An attribute of one scene, or its difference, in numbers; None where no value is finite. */
export type ComparedNumbers = {
  title: string;
  count: number;
  p1: number | null;
  median: number | null;
  p99: number | null;
  mean: number | null;
};

/** How an attribute differs: second minus first. */
export type MapsFound = {
  attribute: string;
  label: string;
  unit: string;
  rows: ComparedNumbers[];
  photos: string[];
  low: number;
  high: number;
  colormap: string;
  edges: number[];
  counts: number[];
  outside: number;
  lack: string;
};

/** Answers `MapsWanted`: one PNG for each map. */
export type MapsCompared = {
  kind: "maps";
  view: string;
  request: string;
  problem: string;
  found: MapsFound | null;
};

/** One attribute of every scene. */
export type NumbersRow = {
  name: string;
  label: string;
  unit: string;
  cells: ComparedNumbers[];
};

/** The scenes in numbers. */
export type NumbersFound = {
  titles: string[];
  rows: NumbersRow[];
};

/** Answers `NumbersWanted`. */
export type NumbersCompared = {
  kind: "numbers";
  view: string;
  request: string;
  problem: string;
  found: NumbersFound | null;
};

export type ComparisonToPage =
  | BundleAnswer
  | ChunksState
  | PictureCompared
  | MapsCompared
  | NumbersCompared;

/** The pair is to be rendered and compared. */
export type PictureWanted = {
  kind: "picture";
  view: string;
  request: string;
  pair: number[];
  camera: CameraState;
  width: number;
  height: number;
};

/** An attribute of the pair is to be compared. */
export type MapsWanted = {
  kind: "maps";
  view: string;
  request: string;
  pair: number[];
  attribute: string;
};

/** The statistics of all scenes. */
export type NumbersWanted = {
  kind: "numbers";
  view: string;
  request: string;
};

export type ComparisonToKernel =
  | BundleRequest
  | TraitsChanged
  | ChunksQuestion
  | PictureWanted
  | MapsWanted
  | NumbersWanted;

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

/** Whether the next runs refine. */
export type RefineChosen = {
  kind: "refine";
  choice: "auto" | "on" | "off";
};

/** Make the scene of the chosen photos again, refined. */
export type RefineNow = {
  kind: "refine_now";
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

/** Write all of a scene to the output folder, as a `.splatscene`. */
export type KeepScene = {
  kind: "keep";
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

/** Send a scene's file in a format of `SCENE_FORMATS`; `request` names the transfer. */
export type DownloadWanted = {
  kind: "download";
  id: number;
  format: string;
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
  | RefineChosen
  | RefineNow
  | StartOver
  | ShowScene
  | SaveScene
  | KeepScene
  | ForgetScene
  | OpenSaved
  | DownloadWanted;

/** Synced traits of SplatViewer. */
export type SplatViewerState = {
  /** What looks plain in the scene's file; empty if nothing. */
  _doubt: string;
  /** Whether there is a prediction to show. */
  _has_predicted: boolean;
  /** Counts what was sent to the pages unasked. JupyterLab brings traits up to date after a cut line; a page then asks for what it missed. */
  _revision: number;
  /** A CSS colour such as 'black' or '#202020'; 'auto' follows the theme. */
  background: string;
  /** Where the view is; a `Camera` may be assigned. */
  camera: CameraState;
  /** What to draw for each Gaussian. */
  display: "splats" | "points" | "ellipsoids";
  /** Height on the page, in CSS pixels. */
  height: number;
  /** What was measured last: two points and their distance. */
  measured: Measured | null;
  /** How much of a photo shows over the splats while the view is at its camera. */
  photo_opacity: number;
  /** Take the columns of the scene's file that look plain as they stand. */
  read_plain: boolean;
  /** Views that were saved with the bookmark; `film` flies past them. */
  saved_cameras: CameraState[];
  /** Draw the input cameras and their photos; a click flies there. */
  show_cameras: boolean;
  /** Show what the network had predicted in place of the refined scene. */
  show_predicted: boolean;
  /** Scale on every splat's extent; 1 is as predicted. */
  splat_scale: number;
  /** What the page is doing; written by the page. */
  status: ViewerStatus;
};

/** Synced traits of Inspector. */
export type InspectorState = {
  /** What looks plain in the scene's file; empty if nothing. */
  _doubt: string;
  /** Whether there is a prediction to show. */
  _has_predicted: boolean;
  /** Counts what was sent to the pages unasked. JupyterLab brings traits up to date after a cut line; a page then asks for what it missed. */
  _revision: number;
  /** A CSS colour such as 'black' or '#202020'; 'auto' follows the theme. */
  background: string;
  /** Radius of the brush, in CSS pixels. */
  brush_px: number;
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
  /** What was measured last: two points and their distance. */
  measured: Measured | null;
  /** Scenes that can be merged: those with a name, those of the output folder. */
  mergeable: string[];
  /** The latest message to the user. */
  message: InspectorMessage;
  /** The panel chooses one attribute for colour, histogram and maps. */
  one_attribute: boolean;
  /** Multiplies opacity, 1 at most. */
  opacity_scale: number;
  /** What if: opacity 1, round, without the head's offset, in the photo's colour. */
  overrides: ("opaque" | "isotropic" | "no_offset" | "photo_colour")[];
  /** How much of a photo shows over the splats while the view is at its camera. */
  photo_opacity: number;
  /** The Gaussian that was clicked, as a row of the scene; -1: none. */
  picked: number;
  /** Take the columns of the scene's file that look plain as they stand. */
  read_plain: boolean;
  /** Views that were saved with the bookmark; `film` flies past them. */
  saved_cameras: CameraState[];
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
  /** Draw the input cameras and their photos; a click flies there. */
  show_cameras: boolean;
  /** Show the panel beside the picture. */
  show_panel: boolean;
  /** Show what the network had predicted in place of the refined scene. */
  show_predicted: boolean;
  /** Indices of the photos whose Gaussians are drawn; [] for all. */
  shown_photos: number[];
  /** Scale on every splat's extent; 1 is as predicted. */
  splat_scale: number;
  /** What the page is doing; written by the page. */
  status: ViewerStatus;
  /** What dragging does; a click picks in navigate too. */
  tool:
    | "navigate"
    | "pick"
    | "rectangle"
    | "lasso"
    | "polygon"
    | "brush"
    | "box"
    | "sphere"
    | "floor";
};

/** Synced traits of UploadPanel. */
export type UploadPanelState = {
  /** Files that were refused. */
  _errors: ItemError[];
  /** The photos, in order. */
  _items: PhotoItem[];
  /** Says which photos will be used. */
  _sentence: string;
  /** Show the photos small, in one line. */
  folded: boolean;
  /** Side of the square the network sees, px; for the drawn crop. */
  image_size: number;
  /** Photos the model takes for one scene at most. */
  max_chosen: number;
  /** Bytes of one file at most. */
  max_file_size: number;
  /** Photos the panel holds at most. */
  max_images: number;
};

/** Synced traits of Comparison. */
export type ComparisonState = {
  /** For each scene, 4 x 4 row by row: from the first one's frame to its. */
  _frames: number[][];
  /** The views, in the order of the scenes. */
  _parts: string[];
  /** Attribute of the maps of differences. */
  attribute: string;
  /** Seconds that each of the pair is shown. */
  blink_s: number;
  /** The attributes that all scenes have. */
  catalogue: AttributeItem[];
  /** All side by side, or the pair in one place: by turns, or on both sides of a divider. */
  mode: "grid" | "blink" | "wipe";
  /** What to know of the comparison, for example of frames. */
  notes: string[];
  /** One colour scale for all views that show the same attribute. */
  one_range: boolean;
  /** Places of the two that are compared. */
  pair: [number, number];
  /** What the scenes are called. */
  titles: string[];
  /** Where the divider stands: 0 left, 1 right. */
  wipe_at: number;
};

/** Synced traits of RunStrip. */
export type RunStripState = {
  /** Whether there are photos to start with. */
  can_generate: boolean;
  /** What the next run will take, in words; empty if unknown. */
  estimate: string;
  /** The last message. */
  message: MessageItem;
  /** The loaded model and its device. */
  model_line: string;
  /** What the user should know about the model. */
  notice: string;
  /** Where scenes are saved. */
  output_dir: string;
  /** Whether the photos decide about depth and Gaussians. */
  refine: "auto" | "on" | "off";
  /** The rule of the choice, and what it means now. */
  refine_line: string;
  /** The last scenes, newest first. */
  results: ResultItem[];
  /** The current run, or the last one. */
  run: RunItem;
  /** Scenes in the output folder, newest first. */
  saved_files: string[];
  /** Whether the page may save there, or only download. */
  saves: boolean;
  /** What the photos say of the scene. */
  verdict: VerdictItem;
};

/** Synced traits of Studio. */
export type StudioState = {
  /** The widgets in it, from top to bottom. */
  _parts: string[];
};

/** `splat_widgets.photos.photo.MIN_CROP_PX`. */
export const MIN_CROP_PX = 64;

/** `splat_widgets.photos.formats.HEAD_BYTES`. */
export const HEAD_BYTES = 512;

/** `splat_widgets.photos.formats.SIGNATURES`. */
export const SIGNATURES = [
  [0, "BM", "is a BMP; save it as JPEG or PNG"],
  [
    0,
    "II*\u0000\u0010\u0000\u0000\u0000CR",
    "is a Canon raw file (CR2); develop it, or save it as JPEG",
  ],
  [0, "II*\u0000", "is a TIFF or a camera's raw file; develop it, or save it as JPEG"],
  [0, "MM\u0000*", "is a TIFF or a camera's raw file; develop it, or save it as JPEG"],
  [0, "IIU\u0000", "is a Panasonic raw file; develop it, or save it as JPEG"],
  [0, "IIRO", "is an Olympus raw file; develop it, or save it as JPEG"],
  [0, "FUJIFILMCCD-RAW", "is a Fujifilm raw file; develop it, or save it as JPEG"],
  [4, "ftypcrx ", "is a Canon raw file (CR3); develop it, or save it as JPEG"],
  [0, "8BPS", "is a Photoshop file; save it as JPEG or PNG"],
  [0, "gimp xcf", "is a GIMP file; save it as JPEG or PNG"],
  [0, "\u00ff\n", "is a JPEG XL; save it as JPEG or PNG"],
  [0, "\u0000\u0000\u0000\fJXL ", "is a JPEG XL; save it as JPEG or PNG"],
  [0, "\u0000\u0000\u0000\fjP  ", "is a JPEG 2000; save it as JPEG or PNG"],
  [0, "\u00ffO\u00ffQ", "is a JPEG 2000; save it as JPEG or PNG"],
  [0, "v/1\u0001", "is an OpenEXR picture; save it as JPEG or PNG"],
  [0, "#?RADIANCE", "is a Radiance HDR picture; save it as JPEG or PNG"],
  [0, "\u0000\u0000\u0001\u0000", "is an icon (ICO); save it as JPEG or PNG"],
  [0, "%PDF", "is a PDF; save it as JPEG or PNG, one page a photo"],
  [0, "%!PS", "is a PostScript drawing; save it as JPEG or PNG"],
  [4, "moov", "is a video (QuickTime); save single frames of it as JPEG"],
  [4, "mdat", "is a video (QuickTime); save single frames of it as JPEG"],
  [4, "wide", "is a video (QuickTime); save single frames of it as JPEG"],
  [4, "ftypqt  ", "is a video (QuickTime); save single frames of it as JPEG"],
  [0, "\u001aE\u00df\u00a3", "is a video (Matroska or WebM); save single frames of it as JPEG"],
  [8, "AVI LIST", "is a video (AVI); save single frames of it as JPEG"],
  [0, "\u0000\u0000\u0000\u0001@\u0001", "is a video (HEVC); save single frames of it as JPEG"],
  [0, "\u0000\u0000\u0000\u0001g", "is a video (H.264); save single frames of it as JPEG"],
  [0, "\u0000\u0000\u0001\u00ba", "is a video (MPEG); save single frames of it as JPEG"],
  [
    0,
    "PK\u0003\u0004",
    "is a zip archive or an office document; unpack it and give the photos in it",
  ],
  [0, "\u001f\u008b", "is a gzip archive; unpack it and give the photos in it"],
  [0, "7z\u00bc\u00af'\u001c", "is a 7z archive; unpack it and give the photos in it"],
  [0, "Rar!\u001a\u0007", "is a RAR archive; unpack it and give the photos in it"],
  [257, "ustar", "is a tar archive; unpack it and give the photos in it"],
  [0, "\u0093NUMPY", "is a numpy array; give what `numpy.load` reads"],
  [0, "ply", "is a .ply scene: open it with `splat_widgets.load`"],
  [
    0,
    "\u0000\u0000\u0000\u0001Bud1",
    "is what macOS notes of a folder (.DS_Store); it is no photo, leave it out",
  ],
  [
    0,
    "\u0000\u0005\u0016\u0007",
    "is what macOS notes beside a file; give the one whose name lacks `._`",
  ],
  [
    0,
    "\u00d0\u00cf\u0011\u00e0",
    "is a Windows thumbnail store or document; it is no photo, leave it out",
  ],
  [0, "bplist00", "is a property list of macOS; it is no photo, leave it out"],
  [
    0,
    "version https://git-lfs",
    "is a Git LFS pointer, not the photo; run `git lfs pull` where it lies",
  ],
] as const;

/** `splat_widgets.photos.formats.TEXTS`. */
export const TEXTS = [
  [0, "<svg", "is an SVG drawing; save it as JPEG or PNG"],
  [
    0,
    "<!doctype html",
    "is a web page, not the photo; open its address in a browser and save the photo itself",
  ],
  [
    0,
    "<html",
    "is a web page, not the photo; open its address in a browser and save the photo itself",
  ],
  [0, "<", "is an XML or HTML text; expected a JPEG, PNG, WebP or HEIF photo"],
  [0, "{", "is a JSON text; expected a JPEG, PNG, WebP or HEIF photo"],
  [0, "[.shellclassinfo]", "is what Windows notes of a folder; it is no photo, leave it out"],
] as const;

/** `splat_widgets.photos.formats.HEIF_BRANDS`. */
export const HEIF_BRANDS = [
  "heic",
  "heix",
  "heim",
  "heis",
  "hevc",
  "hevx",
  "hevm",
  "hevs",
] as const;

/** `splat_widgets.photos.formats.AVIF_BRANDS`. */
export const AVIF_BRANDS = ["avif", "avis"] as const;

/** `splat_widgets.photos.formats.CONTAINER_BRANDS`. */
export const CONTAINER_BRANDS = ["mif1", "msf1", "miaf"] as const;

/** `splat_widgets.photos.formats.AVIF`. */
export const AVIF = "is an AVIF; save it as JPEG or PNG";

/** `splat_widgets.photos.formats.VIDEO`. */
export const VIDEO = "is a video or animation";

/** `splat_widgets.photos.formats.FRAME`. */
export const FRAME = "save single frames of it as JPEG";

/** `splat_widgets.photos.formats.EMPTY`. */
export const EMPTY = "is empty";

/** `splat_widgets.photos.formats.ZEROS`. */
export const ZEROS = "begins with zeros only: it was not copied or downloaded whole; copy it again";

/** `splat_widgets.photos.formats.UNKNOWN`. */
export const UNKNOWN =
  "is not a picture in a known format; expected a JPEG, PNG, WebP or HEIF photo";

/** `splat_widgets.io.formats.SCENE_SUFFIXES`. */
export const SCENE_SUFFIXES = [
  ".splatscene",
  ".ply",
  ".compressed.ply",
  ".spz",
  ".sog",
  "meta.json",
  ".glb",
  ".gltf",
  ".ksplat",
  ".splat",
] as const;

/** `splat_widgets.io.formats.SCENE_STARTS`. */
export const SCENE_STARTS = ["PK", "ply", "\x1f\x8b", "NGSP", "{", "glTF"] as const;

/** `splat_widgets.io.formats.UNMARKED_SUFFIXES`. */
export const UNMARKED_SUFFIXES = [".ksplat", ".splat"] as const;

/** `splat_widgets.io.formats.SCENE_FORMATS`. */
export const SCENE_FORMATS = [
  ["splatscene", ".splatscene"],
  ["ply", ".ply"],
  ["compressed-ply", ".compressed.ply"],
  ["spz", ".spz"],
  ["sog", ".sog"],
  ["glb", ".glb"],
  ["splat", ".splat"],
] as const;

/** `splat_widgets.rendering.projection.NEAR_PLANE`. */
export const NEAR_PLANE = 0.01;

/** `splat_widgets.rendering.projection.LOW_PASS_PX2`. */
export const LOW_PASS_PX2 = 0.3;

/** `splat_widgets.rendering.projection.MIN_ALPHA`. */
export const MIN_ALPHA = 0.00392156862745098;

/** `splat_widgets.rendering.projection.FIELD_OF_VIEW_MARGIN`. */
export const FIELD_OF_VIEW_MARGIN = 0.3;

/** `splat_widgets.rendering.splatting.MAX_ALPHA`. */
export const MAX_ALPHA = 0.99;

/** `splat_widgets.rendering.splatting.SATURATED`. */
export const SATURATED = 0.0001;

/** `splat_widgets.regions.visibility.SAME_SURFACE`. */
export const SAME_SURFACE = 0.02;

/** `splat_widgets.regions.visibility.MIN_TRANSMITTANCE`. */
export const MIN_TRANSMITTANCE = 0.5;

/** `splat_widgets.attributes.colormaps.COLORMAPS`. */
export const COLORMAPS = ["viridis", "cividis", "magma", "coolwarm", "twilight", "gray"] as const;

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

/** 256 RGB colours of each map, base64. */
export const COLOURS: Readonly<Record<Colormap, string>> = {
  viridis:
    "RAFURAJWRQRXRQVZRgdaRghcRgpdRgteRw1gRw5hRxBjRxFkRxNlSBRnSBZoSBdpSBhqSBpsSBttSBxuSB1vSB9wSCBxSCFzSCN0SCR1SCV2SCZ3SCh4SCl5Ryp6Ryx6Ry17Ry58Ry99RjB+RjJ+RjN/RjSARTWBRTeBRTiCRDmDRDqDRDuEQz2EQz6FQj+FQkCGQkGGQUKHQUSHQEWIQEaIP0eIP0iJPkmJPkqJPkyKPU2KPU6KPE+KPFCLO1GLO1KLOlOLOlSMOVWMOVaMOFiMOFmMN1qMN1uNNlyNNl2NNV6NNV+NNGCNNGGNM2KNM2ONMmSOMmWOMWaOMWeOMWiOMGmOMGqOL2uOL2yOLm2OLm6OLm+OLXCOLXGOLHGOLHKOLHOOK3SOK3WOKnaOKneOKniOKXmOKXqOKXuOKHyOKH2OJ36OJ3+OJ4COJoGOJoKOJoKOJYOOJYSOJYWOJIaOJIeOI4iOI4mOI4qNIouNIoyNIo2NIY6NIY+NIZCNIZGMIJKMIJKMIJOMH5SMH5WLH5aLH5eLH5iLH5mKH5qKHpuKHpyJHp2JH56JH5+IH6CIH6GIH6GHH6KHIKOGIKSGIaWFIaaFIqeFIqiEI6mDJKqDJauCJayCJq2BJ62BKK6AKa9/KrB/LLF+LbJ9LrN8L7R8MbV7MrZ6NLZ5Nbd5N7h4OLl3Orp2O7t1Pbx0P7xzQL1yQr5xRL9wRsBvSMFuSsFtTMJsTsNrUMRqUsVpVMVoVsZnWMdlWshkXMhjXsliYMpgY8tfZcteZ8xcac1bbM1abs5YcM9Xc9BWddBUd9FTetFRfNJQf9NOgdNNhNRLhtVJidVIi9ZGjtZFkNdDk9dBldhAmNg+m9k8ndk7oNo5oto3pds2qNs0qtwyrdwwsN0vst0ttd4ruN4put4ovd8mwN8lwt8jxeAhyOAgyuEfzeEd0OEc0uIb1eIa2OIZ2uMZ3eMY3+MY4uQY5eQZ5+QZ6uUa7OUb7+Uc8eUd9OYe9uYg+OYh++cj/ecl",
  cividis:
    "ACJOACNPACRRACVTACVUACZWACdYAChZAChbACldACpfACphACtiACxkACxmAC1oAC5qAC5sAC9tADBvADBwADFwADFxATJxBTNxCDNwDDRwDzVwEjVwFDZwFjdwGDdvGjhvHDlvHjpvIDpvITtuIzxuJDxuJj1uJz5uKT9uKj9tK0BtLUFtLkFtL0JtMUNtMkNtM0RtNEVsNUVsNkZsOEdsOUhsOkhsO0lsPEpsPUpsPktsP0xsQExsQU1sQk5sQ05sRE9sRVBsRlFsR1FsSFJsSVNsSlNsS1RsTFVsTVVsTlZsT1dsUFdsUVhtUlltU1ptVFptVVttVVxtVlxtV11tWF5tWV5uWl9uW2BuXGFuXWFuXmJuXmNvX2NvYGRvYWVvYmVvY2ZwZGdwZWhwZWhwZmlwZ2pxaGpxaWtxamxxa21ybG1ybG5ybW9ybm9zb3BzcHFzcXJ0cnJ0cnN0c3R1dHR1dXV1dnZ2d3d2d3d3eHh3eXl3enp4e3p4fHt4fXx4fnx4fn14f354gH94gX94goB5g4F5hIJ5hYJ5hoN5h4R4iIV4iYV4ioZ4i4d4jIh4jYh4jol4j4p4kIt4kYt4kox4ko14k454lI53lY93lpB3l5F3mJJ3mZJ3mpN2m5R2nJV2nZV2npZ2n5d1oJh1oZl1opl1o5p0pJt0pZx0ppx0p51zqJ5zqZ9zqqBzq6ByrKFyraJyrqNxr6RxsKVxsaVws6ZwtKdvtahvtqlvt6luuKpuuattuqxtu61tvK5sva5svq9rv7BrwLFqwbJqwrNpw7NpxLRoxbVoxrZnx7dnyLhmyblly7llzLpkzbtjzrxjz71i0L5i0b9h0sBg08Bf1MFf1cJe1sNd18Rc2cVc2sZb28da3MhZ3chY3slY38pX4MtW4cxV4s1U5M5T5c9S5tBR59FQ6NJP6dNO6tNM69RL7dVK7tZJ79dI8NhG8dlF8tpE89tC9dxB9t0/994++N88+eA6++E4/OI2/eM0/uQ0/uU1/uY2/ug4",
  magma:
    "AAAEAQAFAQEGAQEIAgEJAgILAgINAwMPAwMSBAQUBQQWBgUYBgUaBwYcCAceCQcgCggiCwkkDAkmDQopDgsrEAstEQwvEg0xEw00FA42FQ44Fg87GA89GRA/GhBCHBBEHRFHHhFJIBFLIRFOIhFQJBJTJRJVJxJYKRFaKhFcLBFfLRFhLxFjMRFlMxBnNBBpNhBrOBBsOQ9uOw9wPQ9xPw9yQA90Qg91RA92RRB3RxB4SRB4ShB5TBF6ThF7TxJ7URJ8UhN8VBN9VhR9VxV+WRV+WhZ+XBZ/XRd/Xxh/YBiAYhmAZBqAZRqAZxuAaByBahyBax2BbR2Bbh6BcB+Bch+BcyCBdSGBdiGBeCKBeSKCeyOCfCOCfiSCgCWCgSWBgyaBhCaBhieBiCeBiSiBiymBjCmBjiqBkCqBkSuBkyuAlCyAliyAmC2AmS2Amy5/nC5/ni9/oC9/oTB+ozB+pTF+pjF9qDJ9qjN9qzN8rTR8rjR7sDV7sjV7szZ6tTZ6tzd5uDd5ujh4vDl4vTl3vzp3wDp2wjt1xDx1xTx0xz1zyD5zyj5yzD9xzUBxz0Bw0EFv0kJv00Nu1URt1kVs2EVs2UZr20dq3Ehp3klo30po4Exn4k1m405l5E9k5VBk51Jj6FNi6VRi6lZh61dg7Fhg7Vpf7lte711e8F9e8WBd8mJd8mRc82Vc9Gdc9Glc9Wtc9mxc9m5c93Bc93Jc+HRc+HZc+Xhd+Xld+Xtd+n1e+n9e+oFf+4Nf+4Vg+4dh/Ilh/Ipi/Ixj/I5k/JBl/ZJm/ZRn/ZZo/Zhp/Zpq/Ztr/p1s/p9t/qFu/qNv/qVx/qdy/qlz/qp0/qx2/q53/rB4/rJ6/rR7/rZ8/rd+/rl//ruB/r2C/r+E/sGF/sKH/sSI/saK/siM/sqN/syP/s2Q/s+S/tGU/tOV/tWX/teZ/tia/dqc/dye/d6g/eCh/eKj/eOl/eWn/eep/emq/eus/Oyu/O6w/PCy/PK0/PS2/Pa4/Pe5/Pm7/Pu9/P2/",
  coolwarm:
    "O0zAPE7CPVDDPlHFQFPGQVXIQlfJQ1jLRFrMRVzNRl7PR1/QSWHSSmPTS2XUTGbWTWjXTmrYUGvaUW3bUm/cU3DdVXLfVnTgV3XhWXfiWnjjW3rkXXzmXn3nX3/oYYHpYoLqY4TrZYXsZoftZ4juaIrvaovva43wbI7xbpDyb5HzcJPzcpT0c5b1dJf2dpn2d5r3eZz4ep34e575faD5fqH6gKP6gaT7gqX7hKf7haj8hqn8iKv9iaz9i679jK/+jbD+j7H+kLP+kbT+k7X/lLb/lrf/l7j/mLn/mrr/m7z/nb3/nr7/n7//ocD/osH/o8L/pcP/psT+qMX+qcb+qsf+rMj9rcj9rsn9sMr8scv8ssz7s837tc76ts/6t8/5uND5utH4u9H4vNL3vdP2v9P2wNT1wdX0w9X0xNbzxdbyxtfxyNfxydjwytjvy9nuzNnuztntz9rs0Nrr0drq0trp09vo1Nvn1dvl1tvk19zj2Nzi2dzh2tzg293f3N3e3t3c39zb4NvZ4dvY4trW49rV5NnT5djS5djQ5tfP59bN6NbM6dXK6tXJ69TH7NPG7NPE7dLD7tHB7tDA78++78698M278cy68cu48sq38sm188i088ey9Max9MWv9cSu9cOs9cKq9sGp9sCn9r+l9r6k972i97uh97qf97me97ic97aa97WZ97SX97OW97GU97CT96+R962Q96yO96uM96mL96iJ96aH96WG9qOE9qKD9qCB9Z+A9Z1+9Jx99Jp79Jl685d485Z385R18pJ08pFy8Y9x8Y1v8Yxu8Ips74hr74Zp7oVo7YNm7YFl7H9j631i6nxg6npf6Xhe6HZc53Rb5nJa5XBY5G5X42xV42pU4mhT4WZR4GRQ32JP3mBN3V5M3FxK21pJ2lhI2FZG11RF1lJE1VBC1E5B00xA0Uk+0Ec9z0U8zkM7zEA5yz44yjs3yDk2xzY1xjM0xDAywy4xwSswwCgvvyQuvR8tvBssuhYruRIptw0otgkntAQm",
  twilight:
    "4tni4dni4Nni3tnh3dng3Nnf2tjf2Nje1tfd1Nbc0tXb0NTZzdPYy9LXyNHWxc/Vws7Uv8zTvMvSucrQtsjPs8fOsMXNrcPNqsLMp8DLpL7Kob3Jn7vJnLnImbjIlrbHlLTGkbLGjrHGjK/Fia3Fh6vEhanEg6fEgKbDfqTDfKLCeqDCeJ7Cd5zCdZrBc5jBcpbBcJTAb5LAbZDAbI6/a4y/aoq/aIi+Z4a+Z4S+ZoK9ZYC9ZH68Y3u8Y3m7Yne7YnW6YXO6YXC5YW64YGy4YGq3YGe2X2W1X2O1X2C0X16zX1yyX1mxX1ewXlWvXlKtXlCsXk2rXkuqXkmoXkanXkSlXUGjXT+iXTygXTqeXDicXDWaWzOYWzCWWi6TWiyRWSqOWCeMWCWJVyOGViGDVSCAVB59Uhx5URt2UBlzThhvTRdsSxZoSRVlSBRiRhReRBNbQxNYQRJVPxJSPhFPPBFMOxFJORFHOBFENhFCNRFANBE+MxE8MhI7MRI5MBM4MBQ2MRM3MhI3MxI4NRI4NhE4OBE5ORE6OxE7PRE7PxE8QRI9QxI+RRI/RxNAShNBTBNCThREURRFUxVGVhVHWRZIWxdJXhdKYRhKYxlLZhlMaBpNaxtNbhxOcBxOcx1PdR5PeB9QeyBQfSJQfyNQgiRQhCVQhydQiShQiypQjStQjy1QkS9QlDFQljJQlzRQmTZQmzhQnTpQnzxQoT5QokBQpEJQpkRQp0ZQqUhQqkpQrE1QrU9Rr1FRsFNSslVSs1hStFpTtVxUt19UuGFVuWNWumZXu2hYvGpZvW1avm9bv3JcwHRdwXZfwXlgwntiw35kxIBlxINnxYVpxohrxoptx4xwx49yyJF0yZR3yZZ6ypl8ypt/y56Cy6CFzKKIzKWLzaeOzqqRzqyUz66Y0LCb0LOe0bWi0rel07mo1Lys1L6v1cCz1sK218S52Ma92cjA2srD28zH3M3K3M/N3dDP3tLS3tPU39XX4NbZ4Nfb4dfc4dje4tjf4tnh4tni",
  gray: "AAAAAQEBAgICAwMDBAQEBQUFBgYGBwcHCAgICQkJCgoKCwsLDAwMDQ0NDg4ODw8PEBAQEREREhISExMTFBQUFRUVFhYWFxcXGBgYGRkZGhoaGxsbHBwcHR0dHh4eHx8fICAgISEhIiIiIyMjJCQkJSUlJiYmJycnKCgoKSkpKioqKysrLCwsLS0tLi4uLy8vMDAwMTExMjIyMzMzNDQ0NTU1NjY2Nzc3ODg4OTk5Ojo6Ozs7PDw8PT09Pj4+Pz8/QEBAQUFBQkJCQ0NDRERERUVFRkZGR0dHSEhISUlJSkpKS0tLTExMTU1NTk5OT09PUFBQUVFRUlJSU1NTVFRUVVVVVlZWV1dXWFhYWVlZWlpaW1tbXFxcXV1dXl5eX19fYGBgYWFhYmJiY2NjZGRkZWVlZmZmZ2dnaGhoaWlpampqa2trbGxsbW1tbm5ub29vcHBwcXFxcnJyc3NzdHR0dXV1dnZ2d3d3eHh4eXl5enp6e3t7fHx8fX19fn5+f39/gICAgYGBgoKCg4ODhISEhYWFhoaGh4eHiIiIiYmJioqKi4uLjIyMjY2Njo6Oj4+PkJCQkZGRkpKSk5OTlJSUlZWVlpaWl5eXmJiYmZmZmpqam5ubnJycnZ2dnp6en5+foKCgoaGhoqKio6OjpKSkpaWlpqamp6enqKioqampqqqqq6urrKysra2trq6ur6+vsLCwsbGxsrKys7OztLS0tbW1tra2t7e3uLi4ubm5urq6u7u7vLy8vb29vr6+v7+/wMDAwcHBwsLCw8PDxMTExcXFxsbGx8fHyMjIycnJysrKy8vLzMzMzc3Nzs7Oz8/P0NDQ0dHR0tLS09PT1NTU1dXV1tbW19fX2NjY2dnZ2tra29vb3Nzc3d3d3t7e39/f4ODg4eHh4uLi4+Pj5OTk5eXl5ubm5+fn6Ojo6enp6urq6+vr7Ozs7e3t7u7u7+/v8PDw8fHx8vLy8/Pz9PT09fX19vb29/f3+Pj4+fn5+vr6+/v7/Pz8/f39/v7+////",
};
