import type { Command } from "commander";
import type { TokenizerStatistics } from "@trainer/tokenizers";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { table } from "../display/table.js";
import { UsageError } from "../errors.js";
import type { Io } from "../io.js";
import { STATISTICS_ROWS, statisticsJson } from "../tokenizer-stats.js";
import { measure, openTokenizer } from "./tokenizer-argument.js";

const CompareFlags = z.strictObject({
  text: z.string().min(1).nullable().default(null).describe("file or folder of text to compare them on"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "What two or more tokenizers make of the same text, side by side, line by line of it.",
    args: { "<tokenizer...>": "ids of tokenizers, or paths of their files or folders" },
    options: CompareFlags,
    needs: [["text"]],
    examples: {
      "trainer tokenizer compare A B --text book.txt": "tokens, bytes a token, what is unknown, what is unused",
      "trainer tokenizer compare A ./gpt2 ./llama --text book.txt --json": "the same for scripts",
    },
    async run({ args, options: { text }, home, out }) {
      if (args.length < 2) throw new UsageError("name two tokenizers or more to compare");
      if (text === null) throw new UsageError("what should they be compared on? Give --text FILE");
      await io.interruptible(async (signal) => {
        const compared: { name: string; statistics: TokenizerStatistics }[] = [];
        for (const name of args) {
          const tokenizer = await openTokenizer(name, home);
          compared.push({ name, statistics: await measure(tokenizer, text, signal) });
        }
        const value = compared.map(({ name, statistics }) => ({ tokenizer: name, ...statisticsJson(statistics) }));
        out.result({ text, tokenizers: value }, () => {
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
