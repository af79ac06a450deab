// The bundle: one export per widget, named as its Python class's `_entry`. Each is a factory of
// anywidget hooks; the loader calls it once per widget.
export { viewer } from "./viewer/index";
