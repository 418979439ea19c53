import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { Tokenizer, TokenizerStatistics } from "@trainer/tokenizers";
import type { TokenizerManifest } from "@trainer/training";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import { formatCount } from "../../display/quantity.js";
import type { Style } from "../../display/style.js";
import { table } from "../../display/table.js";
import { givenText, PIPED, tellLeftOut } from "../../flags/given-text.js";
import type { Io } from "../../process/io.js";
import { lengthLines, STATISTICS_ROWS, statisticsJson, statsLines } from "../../display/tokenizer-stats.js";
import { measure, openTokenizer, TOKENIZER_ARGUMENT } from "./argument.js";

const ShowFlags = z.strictObject({
  text: z.string().nullable().default(null).describe(`show how this text is cut into tokens; ${PIPED}`),
  path: z.string().min(1).nullable().default(null).describe("file or folder of text to measure it on"),
  longest: z.int().min(0).max(1000).default(20).describe("how many of the longest tokens to show"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "What a tokenizer is made of, how it does, and how it cuts a text. Known: the share that has tokens other than the " +
      "one for what is unknown. Lost: what does not come back when it is encoded and decoded.",
    args: TOKENIZER_ARGUMENT,
    options: ShowFlags,
    examples: {
      "trainer tokenizer show TOKENIZER": "vocabulary size, special tokens, first and longest ones, statistics",
      'trainer tokenizer show TOKENIZER --text "To be, or not to be"': "the text, cut",
      "trainer tokenizer show TOKENIZER --path book.txt": "tokens a word, what is unused, the most frequent tokens",
    },
    async run({ args: { tokenizer: ref }, options: { text: given, path, longest }, home, out }) {
      const [tokenizer, manifest] = await Promise.all([openTokenizer(ref, home), manifestOf(ref, home)]);
      const { longestTokens } = await import("@trainer/tokenizers");
      const text = given === null ? null : (await givenText(given, { io, out })).text;
      const cut = text === null ? null : { text, ids: [...tokenizer.encode(text)] };
      const longestTexts = longestTokens(tokenizer, longest).map((token) => token.text);
      const measured = path === null ? null : await io.interruptible((signal) => measure(tokenizer, path, signal));
      tellLeftOut(measured?.leftOut, out);
      const value = {
        kind: tokenizer.kind,
        vocab_size: tokenizer.vocabSize,
        specials: tokenizer.specials,
        longest: longestTexts,
        config: manifest?.config ?? null,
        stats: manifest?.stats ?? null,
        ...(measured === null
          ? {}
          : { path, measured: statisticsJson(measured.statistics), left_out: measured.leftOut }),
        ...(cut === null ? {} : { ids: cut.ids, tokens: cut.ids.map((id) => tokenizer.decode([id])) }),
      };
      out.result(value, () =>
        [
          `kind        ${tokenizer.kind}`,
          `vocabulary  ${formatCount(tokenizer.vocabSize)} tokens`,
          `special     ${specials(tokenizer)}`,
          ...learnedLines(tokenizer),
          `longest     ${quoted(longestTexts)}`,
          ...statsLines(manifest?.stats),
          ...(measured === null ? [] : ["", ...measuredLines(measured.statistics, out.screen.unicode)]),
          ...(cut === null ? [] : ["", ...pieces(tokenizer, cut, out.paint)]),
        ].join("\n"),
      );
    },
  });
}

/** The manifest beside a tokenizer, where it has one that can be read. */
async function manifestOf(ref: string, home: string): Promise<TokenizerManifest | null> {
  const { openHome, resolveTokenizer, TokenizerManifest } = await import("@trainer/training/files");
  const { path } = await resolveTokenizer(ref, openHome(home));
  const folder = (await stat(path)).isDirectory() ? path : dirname(path);
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => "null");
  try {
    return TokenizerManifest.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function measuredLines(statistics: TokenizerStatistics, unicode: boolean): string[] {
  const rows = STATISTICS_ROWS.slice(1).map(([name, show]) => [name, show(statistics)]);
  const frequent = statistics.mostFrequent.map(({ text, count }) => `${JSON.stringify(text)} ${formatCount(count)}`);
  return [
    ...table(rows, [1]),
    "",
    "lines by their tokens",
    ...lengthLines(statistics, unicode),
    "",
    `frequent    ${frequent.join("  ")}`,
  ];
}

const specials = (tokenizer: Tokenizer) =>
  specialIds(tokenizer)
    .map((id) => `${tokenizer.token(id)} ${id}`)
    .join(", ");

const quoted = (tokens: readonly string[]) => tokens.map((token) => JSON.stringify(token)).join(" ");

/** The first tokens that are more than a byte: with BPE, what is most frequent in the text it was trained on. */
function learnedLines(tokenizer: Tokenizer): string[] {
  const found: string[] = [];
  for (let id = 0; id < tokenizer.vocabSize && found.length < 20; id++) {
    if (!isSpecial(tokenizer, id) && tokenizer.tokenBytes(id).length > 1) found.push(tokenizer.decode([id]));
  }
  return found.length === 0 ? [] : [`learned     ${quoted(found)}`];
}

const specialIds = ({ specials: { pad, unk, bos, eos } }: Tokenizer) =>
  [pad, unk, bos, eos].filter((id) => id !== null);

const isSpecial = (tokenizer: Tokenizer, id: number) => specialIds(tokenizer).includes(id);

/** A text in its tokens: in changing colours, or with bars between. */
function pieces(tokenizer: Tokenizer, { text, ids }: { text: string; ids: readonly number[] }, paint: Style): string[] {
  const shown = ids.map((id, i) => {
    const token = tokenizer.isSpecial(id) ? tokenizer.token(id) : JSON.stringify(tokenizer.decode([id])).slice(1, -1);
    return i % 2 === 0 ? paint.cyan(token) : paint.yellow(token);
  });
  const perToken = ids.length === 0 ? 0 : Buffer.byteLength(text) / ids.length;
  return [shown.join("|"), ids.join(" "), `${ids.length} tokens, ${perToken.toFixed(2)} bytes a token`];
}
