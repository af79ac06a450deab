// Checks of a file before it is sent; the kernel checks it again, more strictly.

export type Limits = { maxBytes: number; room: number };

const ascii = (bytes: Uint8Array, start: number, end: number) =>
  String.fromCharCode(...bytes.subarray(start, end));

/** The file format by the first 16 bytes, or undefined; names and MIME types are ignored. */
export function sniff(head: Uint8Array): "jpeg" | "png" | "webp" | "heif" | undefined {
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return "jpeg";
  if (head[0] === 0x89 && ascii(head, 1, 4) === "PNG") return "png";
  if (ascii(head, 0, 4) === "RIFF" && ascii(head, 8, 12) === "WEBP") return "webp";
  const brands = ["heic", "heix", "heim", "heis", "mif1"];
  if (ascii(head, 4, 8) === "ftyp" && brands.includes(ascii(head, 8, 12))) return "heif";
  return undefined;
}

/** Why a file is not sent, or undefined if it is. */
export function refusal(size: number, head: Uint8Array, limits: Limits): string | undefined {
  if (size === 0) return "is empty";
  if (size > limits.maxBytes) {
    return `has ${formatBytes(size)}, more than the limit of ${formatBytes(limits.maxBytes)}`;
  }
  if (!sniff(head)) return "is not a JPEG, PNG, WebP or HEIF photo";
  if (limits.room <= 0) return "does not fit: the panel is full, remove a photo first";
  return undefined;
}

/** "34.0 MiB", "50 MiB", as `settings.format_bytes` in Python. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (value < 1024 || unit === "GiB")
      return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return "";
}
