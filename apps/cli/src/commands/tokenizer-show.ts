import type { Command } from "commander";
import type { Tokenizer } from "@trainer/tokenizers";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { formatCount } from "../display/quantity.js";
import type { Style } from "../display/style.js";
import type { Io } from "../io.js";
import { openTokenizer, TOKENIZER_ARGUMENT } from "./tokenizer-argument.js";

const ShowFlags = z.strictObject({
  text: z.string().nullable().default(null).describe("show how this text is cut into tokens"),
  longest: z.int().min(0).max(1000).default(20).describe("how many of the longest tokens to show"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "What a tokenizer is made of, and how it cuts a text.",
    args: TOKENIZER_ARGUMENT,
    options: ShowFlags,
    examples: {
      "trainer tokenizer show TOKENIZER": "vocabulary size, special tokens, first and longest ones",
      'trainer tokenizer show TOKENIZER --text "To be, or not to be"': "the text, cut",
    },
    async run({ args: [ref = ""], options: { text, longest }, home, out }) {
      const tokenizer = await openTokenizer(ref, home);
      const cut = text === null ? null : { text, ids: [...tokenizer.encode(text)] };
      const longestTokens = longestOf(tokenizer, longest);
      const value = {
        kind: tokenizer.kind,
        vocab_size: tokenizer.vocabSize,
        specials: tokenizer.specials,
        longest: longestTokens,
        ...(cut === null ? {} : { ids: cut.ids, tokens: cut.ids.map((id) => tokenizer.decode([id])) }),
      };
      out.result(value, () =>
        [
          `kind        ${tokenizer.kind}`,
          `vocabulary  ${formatCount(tokenizer.vocabSize)} tokens`,
          `special     ${specials(tokenizer)}`,
          `learned     ${quoted(learnedFirst(tokenizer))}`,
          `longest     ${quoted(longestTokens)}`,
          ...(cut === null ? [] : ["", ...pieces(tokenizer, cut, out.paint)]),
        ].join("\n"),
      );
    },
  });
}

const specials = (tokenizer: Tokenizer) =>
  specialIds(tokenizer)
    .map((id) => `${tokenizer.token(id)} ${id}`)
    .join(", ");

const quoted = (tokens: readonly string[]) => tokens.map((token) => JSON.stringify(token)).join(" ");

/** The first tokens that are more than a byte: what is most frequent in the text it was trained on. */
function learnedFirst(tokenizer: Tokenizer): string[] {
  const found: string[] = [];
  for (let id = 0; id < tokenizer.vocabSize && found.length < 20; id++) {
    if (!isSpecial(tokenizer, id) && tokenizer.tokenBytes(id).length > 1) found.push(tokenizer.decode([id]));
  }
  return found;
}

function longestOf(tokenizer: Tokenizer, count: number): string[] {
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => id)
    .filter((id) => !isSpecial(tokenizer, id))
    .map((id) => ({ id, bytes: tokenizer.tokenBytes(id).length }))
    .sort((a, b) => b.bytes - a.bytes || a.id - b.id)
    .slice(0, count)
    .map(({ id }) => tokenizer.decode([id]));
}

const specialIds = ({ specials: { pad, unk, bos, eos } }: Tokenizer) =>
  [pad, unk, bos, eos].filter((id) => id !== null);

const isSpecial = (tokenizer: Tokenizer, id: number) => specialIds(tokenizer).includes(id);

/** A text in its tokens: in changing colours, or with bars between. */
function pieces(tokenizer: Tokenizer, { text, ids }: { text: string; ids: readonly number[] }, paint: Style): string[] {
  const shown = ids.map((id, i) => {
    const token = JSON.stringify(tokenizer.decode([id])).slice(1, -1);
    return i % 2 === 0 ? paint.cyan(token) : paint.yellow(token);
  });
  const perToken = ids.length === 0 ? 0 : Buffer.byteLength(text) / ids.length;
  return [shown.join("|"), ids.join(" "), `${ids.length} tokens, ${perToken.toFixed(2)} bytes a token`];
}
