import type { Command } from "commander";
import { ScoreOptions } from "@trainer/options";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import { formatCount } from "../../display/quantity.js";
import { oneSource } from "../../flags/given-text.js";
import type { Io } from "../../process/io.js";
import { readLines } from "../../process/read-lines.js";
import { openTokenizer, TOKENIZER_ARGUMENT } from "./argument.js";

const EncodeFlags = z.strictObject({
  text: z.string().nullable().default(null).describe("the text to encode; -, or left out: stdin"),
  path: z.string().min(1).nullable().default(null).describe("a file with the text to encode"),
  specialTokens: ScoreOptions.shape.specialTokens,
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Encode text: for each line of input a line of token ids. Line ends (\\n, \\r\\n, \\r) are not encoded.",
    args: TOKENIZER_ARGUMENT,
    options: EncodeFlags,
    aliases: { path: "file" },
    examples: {
      'trainer tokenizer encode TOKENIZER --text "To be, or not to be"': "ids, with spaces between",
      'echo "To be, or not to be" | trainer tokenizer encode TOKENIZER': "the same",
      "trainer tokenizer encode TOKENIZER --path book.txt --json": "a JSON array a line",
    },
    async run({ args: { tokenizer: ref }, options: { text, path, specialTokens }, home, out }) {
      oneSource({ text, path });
      const { textPieces } = await import("@trainer/training/files");
      const tokenizer = await openTokenizer(ref, home);
      const piped = text === null || text === "-";
      if (piped && path === null && io.stdin.isTTY === true) out.note("Type the text; Ctrl-D ends it.");
      const source = path ?? (piped ? io.stdin : only(text));
      let special = 0;
      for await (const line of linesOf(textPieces(source))) {
        const ids = [...tokenizer.encode(line, { specialTokens })];
        special += ids.filter((id) => tokenizer.isSpecial(id) && id !== tokenizer.specials.unk).length;
        out.result(ids, () => ids.join(" "));
      }
      if (specialTokens) out.note(`${formatCount(special)} special tokens were spelled in the text.`);
    },
  });
}

async function* only(text: string) {
  yield await Promise.resolve(text);
}

async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  for await (const line of readLines(pieces)) yield* line.replace(/\r$/, "").split("\r");
}
