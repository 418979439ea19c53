import { type AddedSettings, byteStrings } from "./addon.js";
import type { AddedToken } from "./tokenizer-json.js";
import type { Specials } from "./tokenizer.js";

const utf8 = new TextEncoder();

/** Added tokens as the encoder reads them; `form`: what a text is made before they are looked for in it. */
export const addedSettings = (added: readonly AddedToken[], form = (text: string) => text): AddedSettings => ({
  contents: byteStrings(added.map(({ content }) => utf8.encode(form(content)))),
  ids: Uint32Array.from(added, ({ id }) => id),
  flags: Uint32Array.from(
    added,
    ({ lstrip, rstrip, single_word, special }) =>
      (lstrip ? 1 : 0) | (rstrip ? 2 : 0) | (single_word ? 4 : 0) | (special ? 8 : 0),
  ),
});

/** A special token as a file lists it. */
export const specialToken = (content: string, id: number): AddedToken => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

/**
 * The added tokens; those that pad, begin and end texts are special whatever the file says, as in transformers. One of
 * a single character may be text as well, and stays as in the file.
 */
export function withRoles(
  added: readonly AddedToken[],
  { pad, bos, eos }: Specials,
  tokens: readonly (string | undefined)[],
): AddedToken[] {
  const named = [pad, bos, eos].filter((id) => id !== null);
  const roles = new Set(named.filter((id) => Array.from(String(tokens[id])).length > 1));
  const listed = added.map((token) => (roles.has(token.id) ? { ...token, special: true } : token));
  const unlisted = [...roles].filter((role) => !added.some(({ id }) => id === role));
  return [...listed, ...unlisted.map((id) => specialToken(String(tokens[id]), id))];
}

export const specialIds = (added: readonly AddedToken[]): ReadonlySet<number> =>
  new Set(added.filter(({ special }) => special).map(({ id }) => id));
