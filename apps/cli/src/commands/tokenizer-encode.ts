import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { formatCount } from "../display/quantity.js";
import type { Io } from "../io.js";
import { readLines } from "../read-text.js";
import { SPECIAL_TOKENS } from "../special-tokens-flag.js";
import { openTokenizer, TOKENIZER_ARGUMENT } from "./tokenizer-argument.js";

const EncodeFlags = z.strictObject({
  file: z.string().min(1).nullable().default(null).describe("the file to encode; left out: stdin"),
  specialTokens: z.boolean().default(false).describe(SPECIAL_TOKENS),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Encode text: for each line of input a line of token ids. Line ends are not encoded.",
    args: TOKENIZER_ARGUMENT,
    options: EncodeFlags,
    examples: {
      'echo "To be, or not to be" | trainer tokenizer encode TOKENIZER': "ids, with spaces between",
      "trainer tokenizer encode TOKENIZER --file book.txt --json": "a JSON array a line",
    },
    async run({ args: [ref = ""], options: { file, specialTokens }, home, out }) {
      const tokenizer = await openTokenizer(ref, home);
      if (file === null && io.stdin.isTTY === true) out.note("Type the text; Ctrl-D ends it.");
      let special = 0;
      for await (const line of readLines(file === null ? io.stdin : createReadStream(file))) {
        const ids = [...tokenizer.encode(line, { specialTokens })];
        special += ids.filter((id) => tokenizer.isSpecial(id) && id !== tokenizer.specials.unk).length;
        out.result(ids, () => ids.join(" "));
      }
      if (specialTokens) out.note(`${formatCount(special)} special tokens were spelled in the text.`);
    },
  });
}
