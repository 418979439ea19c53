/** 1234567 -> "1,234,567", the same in every locale. */
export const formatCount = (value: number): string => (Math.round(value) + 0).toLocaleString("en-US"); // 0 for -0

/** 1 -> "1 word", 16 -> "16 words". */
export const formatWords = (count: number): string => `${formatCount(count)} ${count === 1 ? "word" : "words"}`;

/** 1 -> "1 thread", 16 -> "16 threads". */
export const formatThreads = (count: number): string => `${formatCount(count)} ${count === 1 ? "thread" : "threads"}`;

/** 123 -> "123", 4321 -> "4.32k", 1234567 -> "1.23M": three digits that matter. */
export function formatShort(value: number): string {
  if (Math.abs(value) < 999.5) return String(Math.round(value));
  return scaled(value, 1000, ["k", "M", "G", "T"]);
}

/** Bytes in powers of 1024: "812 B", "1.50 MiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1023.5) return `${Math.round(bytes)} B`;
  return scaled(bytes, 1024, [" KiB", " MiB", " GiB", " TiB"]);
}

/** A loss, a perplexity or a rate: four digits that matter, no more decimals than four. */
export function formatNumber(value: number | null): string {
  if (value === null) return "-";
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(2);
  return value.toFixed(size < 10 ? 4 : size < 100 ? 3 : size < 1000 ? 2 : 1);
}

/** A part of a whole in percent: 1 of 8 -> "12.5 %"; of nothing 0. */
export const formatShare = (part: number, whole: number): string =>
  `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

/** A change as a part of what was, in percent with its sign: 0.0512 -> "+5.12 %". */
export function formatChange(change: number | null): string {
  if (change === null) return "-";
  return `${change < 0 ? "" : "+"}${(100 * change).toFixed(2)} %`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let size = value / base;
  let unit = 0;
  while (Math.abs(size) >= base - 0.5 && unit < units.length - 1) {
    size /= base;
    unit++;
  }
  const digits = Math.abs(size) < 9.995 ? 2 : Math.abs(size) < 99.95 ? 1 : 0;
  return `${size.toFixed(digits)}${units[unit]}`;
}
