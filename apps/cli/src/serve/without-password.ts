/** An address that may be shown: its password, if it has one, is left out. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = "";
  return shown.href.replace(/\/$/, "");
}
