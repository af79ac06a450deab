// Numbers as text, and back.

const MINUS = "−";
const counts = new Intl.NumberFormat("en");

/** A count with separated thousands: 12,345. */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** A value with a few significant digits: 0.0123, 1,234, 1.2×10⁻⁷. */
export function formatValue(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? MINUS : "";
  if (size < 1e-4 || size >= 1e7) {
    const [mantissa, exponent] = size.toExponential(Math.max(0, digits - 2)).split("e");
    const short = String(Number(mantissa));
    const power = superscript(Number(exponent));
    return `${sign}${short === "1" ? "" : `${short}×`}10${power}`;
  }
  const rounded = Number(size.toPrecision(digits));
  if (rounded >= 1e4) return sign + counts.format(Math.round(rounded));
  return sign + plain(rounded);
}

/** For an input field: a few digits, in the syntax that inputs take. */
export function fieldText(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "";
  return String(Number(value.toPrecision(5)));
}

/** The number that was typed; null for an empty field, undefined if it is not a number. */
export function parseField(text: string): number | null | undefined {
  const cleaned = text.trim().replaceAll(MINUS, "-").replaceAll(",", "");
  if (cleaned === "") return null;
  const value = Number(cleaned);
  return Number.isFinite(value) ? value : undefined;
}

/** "Depth [m]": a label and its unit. */
export function titled(label: string, unit: string): string {
  return unit ? `${label} [${unit}]` : label;
}

function plain(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(12).replace(/0+$/, "") : text;
}

function superscript(exponent: number): string {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const text = [...String(Math.abs(exponent))].map((digit) => digits[Number(digit)]).join("");
  return exponent < 0 ? `⁻${text}` : text;
}
