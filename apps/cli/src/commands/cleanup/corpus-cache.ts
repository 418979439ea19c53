import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import type { Io } from "../../process/io.js";
import { cacheDir } from "../corpus/list.js";
import { dryRun, showDecisions } from "./result.js";

const bytes = z.int().min(0);
const Options = z.strictObject({
  dryRun,
  dir: cacheDir,
  maxBytes: bytes.default(10 * 2 ** 30).meta({ description: "how much they may take up together" }),
  minFreeBytes: bytes.default(2 * 2 ** 30).meta({ description: "how much of the disk is to stay free" }),
  evictionPolicy: z
    .enum(["lru", "oldest"])
    .default("lru")
    .meta({ description: "what goes first: what was read longest ago, or what was fetched longest ago" }),
});

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Remove fetched corpora until there is room again. They can be fetched anew. What an unfinished run reads stays.",
    args: {},
    options: Options,
    examples: {
      "trainer cleanup corpus-cache --dry-run": "what would go, and why the rest stays",
      "trainer cleanup corpus-cache --max-bytes 0": "all that no unfinished run reads",
    },
    async run({ options: { dir, ...config }, home, out }) {
      const { cleanCorpusCache, openHome } = await import("@trainer/training/files");
      const at = openHome(home);
      const decisions = await cleanCorpusCache(at, dir ?? at.corpusCache, { enabled: true, ...config });
      showDecisions(out, decisions, "corpora", config.dryRun);
    },
  });
}
