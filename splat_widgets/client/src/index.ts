// The bundle: one export per widget, named as its Python class's `_entry`. Each is a factory of
// anywidget hooks; the loader calls it once per widget.

export { comparison } from "./comparison/index";
// The engine of the inspector, for pages of one's own and for the tests.
export { colormap } from "./engine/colormaps";
export { Inspection } from "./engine/inspection";
export { packBits, unpackBits } from "./engine/mask";
export { inspector } from "./inspector/index";
export { strip, studio } from "./studio/index";
export { upload } from "./upload/index";
export { viewer } from "./viewer/index";

import { openWrittenPage } from "./inspector/writtenPage";
import { openPage } from "./viewer/page";

export { openPage };

openWrittenPage(); // does nothing unless this page was written by `viewer/standalone.py`
