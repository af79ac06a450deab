// The engine of the inspector: what the interface may call.
//
//     const inspection = new Inspection();
//     panel.onScene = (scene) => inspection.attach(scene);   // a scene begins, or comes back
//     inspection.setChannel("opacity", values);              // in wire order
//     inspection.setLook({ colour, filters, overrides });    // no splat goes up again
//     inspection.stackAt(x, y)[0]?.wire;                     // pick
//     inspection.setSelection(inspection.selected("add", inspection.inPicture(lasso, false)));
//
// Pointers: `panel.takesPointer` decides whether a gesture belongs to a tool and not to the camera;
// `panel.onClick` tells of clicks that nothing else took; `panel.picture` holds overlays.

export { COLORMAPS, colormap } from "./colormaps";
export {
  type Filter,
  type InspectedLook,
  Inspection,
  PIXEL_CHANNELS,
  type PictureRegion,
  type ViewsShown,
} from "./inspection";
export type { ColourBy, Override } from "./look";
export type { Axes, Region } from "./marks";
export { combine, countOf, type Mask, type Mode, packBits, unpackBits } from "./mask";
export type { Contribution } from "./picking";
export {
  inDensity,
  inPhoto,
  inRange,
  type PixelChannels,
  type Point,
} from "./regions";
