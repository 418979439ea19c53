import type { Command } from "commander";
import { z } from "zod";
import { anyWords } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { UsageError } from "../../process/errors.js";
import type { Io } from "../../process/io.js";
import { readLines } from "../../process/read-lines.js";
import { openTokenizer, TOKENIZER_ARGUMENT } from "./argument.js";

const DecodeFlags = z.strictObject({
  skipSpecial: z.boolean().default(false).describe("leave special tokens out of the text"),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Decode token ids: those given, or from stdin a line of ids (as `encode` writes them) to a line of text.",
    args: { ...TOKENIZER_ARGUMENT, ids: anyWords("token ids; left out: stdin") },
    options: DecodeFlags,
    examples: {
      "trainer tokenizer decode TOKENIZER 351 12 8": "the text of three tokens",
      "trainer tokenizer encode TOKENIZER --file a.txt | trainer tokenizer decode TOKENIZER": "there and back",
    },
    async run({ args: { tokenizer: ref, ids }, options: { skipSpecial }, home, out }) {
      const tokenizer = await openTokenizer(ref, home);
      const lines = ids.length > 0 ? [ids.join(" ")] : readLines(io.stdin);
      for await (const line of lines) {
        const text = tokenizer.decode(idsOf(line, tokenizer.vocabSize), { skipSpecial });
        out.record({ text });
        out.data(`${text}\n`);
      }
    },
  });
}

/** Ids with spaces or commas between them, in brackets or not. */
function idsOf(line: string, vocabSize: number): number[] {
  const words = line.split(/[\s,[\]]+/).filter((word) => word !== "");
  return words.map((word) => {
    if (/^\d+$/.test(word) && Number(word) < vocabSize) return Number(word);
    throw new UsageError(`"${word}" is no token id: expected a whole number from 0 to ${vocabSize - 1}`);
  });
}
