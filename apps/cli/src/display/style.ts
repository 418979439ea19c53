const SGR = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

const ESC = "\u001B";
/** The colours of the display, as something to split a text by. */
export const COLOR = new RegExp(`(${ESC}\\[(?:1|2|22|31|32|33|36|39|38;5;16;48;5;\\d{3}|39;49)m)`);

export type Style = Record<keyof typeof SGR, (text: string) => string>;

/** Functions that colour a text, or leave it as it is where colour is not wanted. */
export function style(color: boolean): Style {
  const paint =
    ([on, off]: readonly [number, number]) =>
    (text: string) =>
      color ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  return {
    bold: paint(SGR.bold),
    dim: paint(SGR.dim),
    red: paint(SGR.red),
    green: paint(SGR.green),
    yellow: paint(SGR.yellow),
    cyan: paint(SGR.cyan),
  };
}
