import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import type { Io } from "../io.js";
import { readLines } from "../read-text.js";
import { openTokenizer, TOKENIZER_ARGUMENT } from "./tokenizer-argument.js";

const EncodeFlags = z.strictObject({
  file: z.string().min(1).nullable().default(null).describe("the file to encode; left out: stdin"),
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
    async run({ args: [ref = ""], options: { file }, home, out }) {
      const tokenizer = await openTokenizer(ref, home);
      if (file === null && io.stdin.isTTY === true) out.note("Type the text; Ctrl-D ends it.");
      for await (const line of readLines(file === null ? io.stdin : createReadStream(file))) {
        const ids = [...tokenizer.encode(line)];
        out.result(ids, () => ids.join(" "));
      }
    },
  });
}
