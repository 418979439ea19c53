import type { Command } from "commander";
import { z } from "zod";
import { words } from "../../framework/arguments.js";
import { defineCommand } from "../../framework/define-command.js";
import { formatBytes } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Remove tokenizers of the home. One that a run uses stays, also where that run was archived.",
    args: { tokenizer: words("whole ids of tokenizers, since what is removed is gone") },
    options: z.strictObject({}),
    examples: {
      "trainer tokenizer rm bpe-8192-0123456789ab": "at once, and for good",
      "trainer tokenizer rm A B --json": "removed, bytes",
    },
    async run({ args: { tokenizer: ids }, home, out }) {
      const { openHome, removeTokenizer } = await import("@trainer/training/files");
      const removed: string[] = [];
      let bytes = 0;
      for (const id of ids) {
        bytes += (await removeTokenizer(openHome(home), id)).bytes;
        removed.push(id);
      }
      out.result({ removed, bytes }, () => `removed ${removed.join(", ")}: ${formatBytes(bytes)} freed`);
    },
  });
}
