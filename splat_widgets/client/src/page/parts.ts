// The widgets inside a widget: their models from the host. An ipywidgets container would draw them
// with the host's views, which marimo does not have.
import type { AnyModel } from "@anywidget/types";
import { isApp } from "./host";

const REFERENCE = /^IPY_MODEL_/; // how ipywidgets serializes a widget
const NO_MANAGER = "This notebook does not let one widget show others.";

/**
 * The model of a widget inside another one. Rejects with a sentence for the user.
 *
 * @param advice what to do in a notebook that does not let one widget show others.
 */
export async function partOf<T extends Record<string, unknown>>(
  owner: AnyModel,
  reference: string,
  advice: string,
): Promise<AnyModel<T>> {
  const manager = owner.widget_manager;
  if (!manager?.get_model) throw new Error(`${NO_MANAGER} ${advice}`);
  try {
    return await manager.get_model<T>(reference.replace(REFERENCE, ""));
  } catch (error) {
    console.error(error);
    throw goneError();
  }
}

/** The sentence for a model that nothing here can draw. */
export function goneError(): Error {
  const again = isApp() ? "Reload the page." : "Run the cell again, or reload the page.";
  return new Error(`A part of this is not on this page. ${again}`);
}
