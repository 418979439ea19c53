import { at } from "@trainer/disk";
import { noGguf } from "./gguf-tokenizer.js";

interface Merged {
  /** Tokens by id. */
  readonly tokens: readonly (string | undefined)[];
  /** Triples of left, right and resulting token, the first merge first. */
  readonly merges: Uint32Array;
  /** Tokens that are always found in a text before anything is merged. */
  readonly foundBefore: ReadonlySet<number>;
}

/**
 * Scores by which llama.cpp joins the same tokens as a list of merges does. It joins whatever two neighbours make a token,
 * the best score first; so every two tokens that make one have to be a merge, and the merges that make one token have to
 * stand together, as in files that were made of SentencePiece models. Throws UNSUPPORTED_BACKEND, naming a token where that
 * is not so.
 */
export function scoresOf({ tokens, merges, foundBefore }: Merged): number[] {
  const scores = new Map<number, number>();
  const pairs = new Set<string>();
  let last: number | null = null;
  for (let i = 0; i < merges.length; i += 3) {
    const [left, right, made] = [at(merges, i), at(merges, i + 1), at(merges, i + 2)];
    if (made !== last && scores.has(made)) throw otherwise(tokens[made], "by merges that others stand between");
    if (made !== last) scores.set(made, -1 - scores.size);
    last = made;
    pairs.add(`${left} ${right}`);
  }
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries())
    if (token !== undefined && (scores.has(id) || Array.from(token).length === 1)) ids.set(token, id);
  for (const [id, token = ""] of tokens.entries()) {
    if (foundBefore.has(id)) continue;
    for (let cut = 1; cut < token.length; cut++) {
      const left = ids.get(token.slice(0, cut));
      const right = left === undefined ? undefined : ids.get(token.slice(cut));
      if (right !== undefined && !pairs.has(`${left} ${right}`))
        throw otherwise(token, `of ${JSON.stringify(token.slice(0, cut))} and ${JSON.stringify(token.slice(cut))}`);
    }
  }
  return tokens.map((_, id) => scores.get(id) ?? -1 - scores.size);
}

const otherwise = (token: string | undefined, how: string) =>
  noGguf(
    `its tokenizer.json makes the token ${JSON.stringify(token)} ${how}, otherwise than llama.cpp, which goes by scores and not by a list of merges`,
  );
