import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Tokenizer, TokenizerStatistics } from "@trainer/tokenizers";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { table } from "../../display/table.js";
import { UsageError } from "../../process/errors.js";
import { givenText, oneSource, PIPED, tellLeftOut } from "../../flags/given-text.js";
import type { Io } from "../../process/io.js";
import { STATISTICS_ROWS, statisticsJson } from "../../display/tokenizer-stats.js";
import { measure, openTokenizer, type Measured } from "./argument.js";

const CompareFlags = z.strictObject({
  path: z.string().min(1).nullable().default(null).describe("file or folder of text to compare them on"),
  text: z.string().min(1).nullable().default(null).describe(`a text to compare them on; ${PIPED}`),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "What two or more tokenizers make of the same text, side by side, line by line of it. Known: the share that has " +
      "tokens other than the one for what is unknown. Lost: what does not come back when it is encoded and decoded.",
    args: { tokenizer: words("ids of tokenizers, or paths of their files or folders") },
    options: CompareFlags,
    needs: [["text"]],
    examples: {
      "trainer tokenizer compare A B --path book.txt": "tokens, bytes a token, what is unknown, what is unused",
      "trainer tokenizer compare A ./gpt2 ./llama --path book.txt --json": "the same for scripts",
    },
    async run({ args: { tokenizer: names }, options, home, out }) {
      if (names.length < 2) throw new UsageError("name two tokenizers or more to compare");
      const { text, path } = sourceOf(options);
      const source: Source =
        path === null ? { text: (await givenText(text, { io, out })).text, path } : { text: null, path };
      await io.interruptible(async (signal) => {
        const compared: { name: string; statistics: TokenizerStatistics }[] = [];
        for (const name of names) {
          const tokenizer = await openTokenizer(name, home);
          const { statistics, leftOut } = await measured(tokenizer, source, signal);
          compared.push({ name, statistics });
          if (compared.length === 1) tellLeftOut(leftOut, out); // it is the same for all of them
        }
        const value = compared.map(({ name, statistics }) => ({ tokenizer: name, ...statisticsJson(statistics) }));
        out.result({ text: source.text ?? source.path, path, tokenizers: value }, () => {
          const header = ["", ...compared.map(({ name }) => name)];
          const rows = STATISTICS_ROWS.map(([row, show]) =>
            [row].concat(compared.map((each) => show(each.statistics))),
          );
          return table(
            [header, ...rows],
            compared.map((_, i) => i + 1),
          ).join("\n");
        });
      });
    },
  });
}

type Source = { readonly text: string; readonly path: null } | { readonly text: null; readonly path: string };

/** The text to compare on: `--text` once named a file, and an existing one is still taken for it. */
function sourceOf({ text, path }: z.output<typeof CompareFlags>): Source {
  oneSource({ text, path });
  if (path !== null) return { text: null, path };
  if (text === null) throw new UsageError("what should they be compared on? Give --path FILE or --text TEXT");
  return existsSync(text) ? { text: null, path: text } : { text, path };
}

async function measured(
  tokenizer: Tokenizer,
  { text, path }: Source,
  signal: AbortSignal,
): Promise<Pick<Measured, "statistics"> & Partial<Measured>> {
  if (path !== null) return measure(tokenizer, path, signal);
  const { tokenizerStatistics } = await import("@trainer/tokenizers");
  return { statistics: await tokenizerStatistics(tokenizer, text.split(/\r\n|\n|\r/), { signal }) };
}
