import { COLOR } from "./style.js";

/** Text from a model, a file or a service, with control characters made visible. Newlines and tabs stay. */
export const printable = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, picture);

/** The same for text that the display has colored: colors stay, whoever wrote them. */
export const printableInColor = (text: string): string =>
  text
    .split(COLOR)
    .map((piece, i) => (i % 2 === 0 ? printable(piece) : piece))
    .join("");

function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x24_00 + code);
  return code === 0x7f ? "\u2421" : "\uFFFD";
}
