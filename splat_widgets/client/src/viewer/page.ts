// The viewer on a page of its own, without a kernel: what `viewer/page.py` writes.
import { h } from "../page/dom";
import type { SceneHeader } from "../page/state.gen";
import { Panel, type PanelEvents } from "./panel";

/** A whole scene: its chunks as bytes or base64 text. */
export type PageScene = {
  header: SceneHeader;
  chunks: { first: number; count: number; data: ArrayBuffer | string }[];
};

/** Shows a scene in an element; resolves when every splat has been handed to the GPU. */
export async function openPage(el: HTMLElement, scene: PageScene, height?: number): Promise<Panel> {
  const panel = new Panel(el, SILENT);
  if (height) panel.setHeight(height);
  panel.setCamera(scene.header.camera);
  panel.begin(scene.header);
  for (const { first, count, data } of scene.chunks) {
    panel.add(first, count, typeof data === "string" ? fromBase64(data) : data);
    await new Promise((resume) => setTimeout(resume)); // let the page draw what has come
  }
  return panel;
}

/** Opens the scene that a written page carries in its own elements. */
export function openWrittenPage(): void {
  const json = document.getElementById("splat-widgets-header")?.textContent;
  if (!json) return;
  const parts = document.querySelectorAll<HTMLScriptElement>("script[data-splats]");
  const chunks = [...parts].map((part) => ({
    first: Number(part.dataset.first),
    count: Number(part.dataset.splats),
    data: part.textContent ?? "",
  }));
  const el = h("div", { class: "sw-page" });
  document.body.append(el);
  openPage(el, { header: JSON.parse(json) as SceneHeader, chunks }).catch((error: unknown) => {
    el.append(h("p", { role: "alert" }, String(error)));
  });
}

const SILENT: PanelEvents = {
  camera() {},
  settings() {},
  measured() {},
  showPredicted() {},
  readPlain() {},
  status() {},
};

function fromBase64(text: string): ArrayBuffer {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}
