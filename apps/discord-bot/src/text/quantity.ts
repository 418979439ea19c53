/** A number with so many decimals; what is not finite or known by a sign. */
export function decimal(value: number | null, places: number): string {
  if (value === null || Number.isNaN(value)) return "?";
  return Number.isFinite(value) ? value.toFixed(places) : value > 0 ? "∞" : "-∞";
}

/** A length of time as people say it. */
export function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

/** A moment that Discord shows in the reader's own time, as "3 minutes ago". */
export const relative = (ms: number): string => `<t:${Math.floor(ms / 1000)}:R>`;

/** 20 characters that fill up. */
export function bar(fraction: number, width = 20): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return "#".repeat(full) + "-".repeat(width - full);
}

export function bytes(count: number): string {
  const power = Math.min(4, Math.floor(Math.log2(Math.max(1, count)) / 10));
  const value = count / 2 ** (10 * power);
  return `${power === 0 ? value : value.toFixed(1)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}
