/** Text from a model or a file, with whatever would steer the terminal made visible. Newlines and tabs stay. */
export const printable = (text: string): string => text.replace(/(?![\n\t])\p{Cc}/gu, picture);

function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x24_00 + code);
  return code === 0x7f ? "\u2421" : "\uFFFD";
}
