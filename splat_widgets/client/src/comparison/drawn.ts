// Pictures from the kernel on canvases: pages whose policy refuses blob: addresses show them, too.
import { h } from "../page/dom";

/** A canvas with the picture of a JPEG or PNG file, and a name below it. */
export async function drawn(file: DataView, name: string, kind: string): Promise<HTMLElement> {
  const picture = await createImageBitmap(new Blob([file as DataView<ArrayBuffer>]));
  const { width, height } = picture;
  const canvas = h("canvas", { class: kind, width, height, role: "img", "aria-label": name });
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  picture.close();
  return h("figure", { class: "swc-drawn" }, canvas, h("figcaption", { title: name }, name));
}
