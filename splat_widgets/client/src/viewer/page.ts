// The viewer on a page of its own, without a kernel.
import type { SceneHeader } from "../page/state.gen";
import { Panel, type PanelEvents } from "./panel";

/** A whole scene: its chunks as bytes or base64 text. */
export type PageScene = {
  header: SceneHeader;
  chunks: { first: number; count: number; data: ArrayBuffer | string }[];
};

/**
 * Shows a scene in an element; resolves when every splat has been handed to the GPU.
 *
 * @param dress is called with the panel before the scene begins.
 */
export async function openPage(
  el: HTMLElement,
  scene: PageScene,
  height?: number,
  dress?: (panel: Panel) => void,
): Promise<Panel> {
  const panel = new Panel(el, SILENT);
  dress?.(panel);
  if (height) panel.setHeight(height);
  panel.setCamera(scene.header.camera);
  panel.begin(scene.header);
  for (const { first, count, data } of scene.chunks) {
    panel.add(first, count, typeof data === "string" ? fromBase64(data) : data);
    await new Promise((resume) => setTimeout(resume)); // let the page draw what has come
  }
  return panel;
}

const SILENT: PanelEvents = {
  camera() {},
  settings() {},
  measured() {},
  saved() {},
  showPredicted() {},
  readPlain() {},
  status() {},
};

export function fromBase64(text: string): ArrayBuffer {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}
