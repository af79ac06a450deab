// The picture as a file.
import type { Capture } from "../engine/capture";
import type { Scene } from "../engine/scene";
import { h } from "../page/dom";

/** A PNG of the scene; as large as on the screen unless the options say otherwise. */
export function pngOf(scene: Scene, options: Partial<Capture>): Promise<Blob> {
  const { width, height } = scene.canvas;
  const size = { width: options.width ?? width, height: options.height ?? height };
  const image = scene.capture({ ...options, ...size });
  const canvas = h("canvas", { width: image.width, height: image.height });
  canvas.getContext("2d")?.putImageData(image, 0, 0);
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
