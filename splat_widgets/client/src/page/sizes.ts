/** "34.0 MB", "50 MB": sizes in the decimal units of `splat_widgets/sizes.py`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ["B", "kB", "MB"]) {
    if (value < 999.95) return withUnit(value, unit);
    value /= 1000;
  }
  return withUnit(value, "GB");
}

const withUnit = (value: number, unit: string) =>
  `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
