// What a file is by its first bytes, as `splat_widgets/photos/formats.py` tells it, before it is sent.
// The kernel checks it again, more strictly. The tables are generated from that file.

import { formatBytes } from "../page/sizes";
import {
  AVIF,
  AVIF_BRANDS,
  CONTAINER_BRANDS,
  EMPTY,
  FRAME,
  HEAD_BYTES,
  HEIF_BRANDS,
  SIGNATURES,
  TEXTS,
  UNKNOWN,
  VIDEO,
  ZEROS,
} from "../page/state.gen";

export { HEAD_BYTES };

export type Limits = { maxBytes: number; room: number };
export type PhotoFormat = "jpeg" | "png" | "webp" | "gif" | "heif";

/** The format of a file that may be a photo, or undefined; names and MIME types are ignored. */
export function photoFormat(head: Uint8Array): PhotoFormat | undefined {
  const text = latin1(head);
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) return "webp";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "gif";
  return isHeif(brandsOf(text)) ? "heif" : undefined;
}

/** What a file of no `photoFormat` is, and what to do. */
export function whatItIs(head: Uint8Array): string {
  const text = latin1(head);
  if (!text) return EMPTY;
  for (const [offset, start, reason] of SIGNATURES) {
    if (text.startsWith(start, offset)) return reason;
  }
  const brands = brandsOf(text);
  if (isAvif(brands)) return AVIF;
  if (brands.length > 0) return `${VIDEO} ('${brands[0].trim()}'); ${FRAME}`;
  const written = text
    .replace(/^\xef\xbb\xbf/, "")
    .replace(/^[ \t\r\n]+/, "")
    .toLowerCase();
  for (const [, start, reason] of TEXTS) {
    if (written.startsWith(start)) return reason;
  }
  return /[^\0]/.test(text) ? UNKNOWN : ZEROS;
}

/** Why a file is not sent, or undefined if it is. */
export function refusal(size: number, head: Uint8Array, limits: Limits): string | undefined {
  if (size === 0) return EMPTY;
  if (size > limits.maxBytes) {
    return `has ${formatBytes(size)}, more than the limit of ${formatBytes(limits.maxBytes)}`;
  }
  if (!photoFormat(head)) return whatItIs(head);
  if (limits.room <= 0) return "does not fit: the panel is full, remove a photo first";
  return undefined;
}

const latin1 = (head: Uint8Array) => String.fromCharCode(...head.subarray(0, HEAD_BYTES));

/** Brands of an ISO media file, the major one first (ISO 14496-12, 4.3); printable, or none. */
function brandsOf(text: string): string[] {
  if (!text.startsWith("ftyp", 4)) return [];
  const length = [0, 1, 2, 3].reduce((sum, i) => sum * 256 + text.charCodeAt(i), 0);
  const brands = [text.slice(8, 12)];
  for (let place = 16; place + 4 <= Math.min(length, HEAD_BYTES); place += 4) {
    brands.push(text.slice(place, place + 4));
  }
  return brands.map((brand) => brand.replace(/[^ -~]/g, "?"));
}

function isAvif(brands: string[]): boolean {
  const among = (list: readonly string[]) => (brand: string) => list.includes(brand);
  const counted = brands.some(among(HEIF_BRANDS)) ? brands.slice(0, 1) : brands;
  return counted.some(among(AVIF_BRANDS));
}

function isHeif(brands: string[]): boolean {
  const [major] = brands;
  const known: readonly string[] = [...HEIF_BRANDS, ...CONTAINER_BRANDS];
  return major !== undefined && !isAvif(brands) && known.includes(major);
}
