const ESC = "\u001B";
/** Colours: the only escapes that a line of the display holds. */
const SGR = new RegExp(`${ESC}\\[[0-9;]*m`, "g");
const PIECES = new RegExp(`${ESC}\\[[0-9;]*m|.`, "gsu");
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\uFF01-\uFF60]/u;
const ZERO = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Number of columns that a text takes on a terminal: colors none, wide characters two. */
export function visibleWidth(text: string): number {
  let width = 0;
  for (const char of text.replace(SGR, "")) width += charWidth(char);
  return width;
}

/** The text cut to `columns`, every colour change kept so that none stays open. */
export function clip(text: string, columns: number): string {
  let left = columns;
  let out = "";
  for (const [piece] of text.matchAll(PIECES)) {
    const width = piece.startsWith(ESC) ? 0 : charWidth(piece);
    if (width > left) left = 0;
    else {
      left -= width;
      out += piece;
    }
  }
  return out;
}

const charWidth = (char: string) => (ZERO.test(char) ? 0 : WIDE.test(char) ? 2 : 1);
