const EIGHTHS = "▏▎▍▌▋▊▉"; // from one to seven

/** A bar `width` columns wide, filled to `fraction` (0..1). */
export function bar(fraction: number, width: number, unicode: boolean): string {
  const filled = Math.min(1, Math.max(0, fraction)) * width;
  const whole = Math.floor(filled);
  if (!unicode) return "#".repeat(whole).padEnd(width, "-");
  const part = EIGHTHS.charAt(Math.floor((filled - whole) * 8) - 1);
  return ("█".repeat(whole) + part).padEnd(width, "░");
}
