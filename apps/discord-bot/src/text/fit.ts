/** The lengths that Discord takes, in UTF-16 units. */
export const LIMIT = {
  content: 2000,
  title: 256,
  description: 4096,
  fieldName: 256,
  fieldValue: 1024,
  footer: 2048,
  embed: 6000,
  choice: 100,
} as const;

/** Cuts a text to a length, at a border between characters, and shows that something is missing. */
export function fit(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

const ZERO_WIDTH = "\u200b";

/**
 * A text in a code fence that nothing in it can close, cut to a length. To Discord any three backticks are a fence, a
 * longer one is none: so no three of them stay beside each other in the text.
 */
export function fenced(text: string, max: number): string {
  const shown = text.replaceAll(/``(?=`)/g, `\`\`${ZERO_WIDTH}`);
  return `\`\`\`\n${fit(shown.trim() === "" ? ZERO_WIDTH : shown, max - 8)}\n\`\`\``;
}

/** A word in backticks, without any of its own. */
export const ticked = (text: string): string => `\`${text.replaceAll("`", "'") || ZERO_WIDTH}\``;

/** Text that Discord does not read as markup: neither in a line, nor as a list or a small line where one begins. */
export const plain = (text: string): string =>
  text.replaceAll(/[*_~`|\\>#[\]()@]/g, "\\$&").replaceAll(/^([^\S\n\r\u2028\u2029]*\d*)([-+.])/gm, "$1\\$2");
