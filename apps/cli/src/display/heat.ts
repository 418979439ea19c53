/** Surprisal levels in bits, with their colors of the 256: from pale to glowing. */
const LEVELS = [
  { from: 1, background: 230 },
  { from: 2, background: 222 },
  { from: 4, background: 215 },
  { from: 6, background: 208 },
  { from: 9, background: 202 },
  { from: 13, background: 196 },
] as const;

/** The text on a background that is the hotter the more bits it has; below the first level, or unknown, as it is. */
export function heat(text: string, bits: number | null): string {
  const level = LEVELS.findLast(({ from }) => (bits ?? 0) >= from);
  return level === undefined ? text : `\u001B[38;5;16;48;5;${level.background}m${text}\u001B[39;49m`;
}

/** Legend of the background colors. */
export const heatLegend = (): string =>
  ["bits per character:  below 1 ", ...LEVELS.map(({ from }) => heat(` ${from}+ `, from))].join("");
