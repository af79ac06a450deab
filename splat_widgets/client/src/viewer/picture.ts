// The picture as a file.
import type { Capture } from "../engine/capture";
import type { Scene } from "../engine/scene";
import { h } from "../page/dom";
import { Brush, type Note } from "./notes";

/**
 * A PNG of the scene; as large as on the screen unless the options say otherwise.
 *
 * @param notes are painted over a picture of the shown view with `overlay`.
 */
export function pngOf(
  scene: Scene,
  options: Partial<Capture>,
  notes: Iterable<Note> = [],
): Promise<Blob> {
  const { width, height } = scene.canvas;
  const size = { width: options.width ?? width, height: options.height ?? height };
  const image = scene.capture({ ...options, ...size });
  const canvas = h("canvas", { width: image.width, height: image.height });
  const context = canvas.getContext("2d");
  context?.putImageData(image, 0, 0);
  if (context && options.overlay && !options.camera) {
    const brush = new Brush(context, scene);
    for (const note of notes) note.paint(brush);
  }
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG was made")))),
  );
}

/** Puts a file into the browser's downloads. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
