import type { Command } from "commander";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import { formatBytes } from "../../display/quantity.js";
import { table } from "../../display/table.js";
import type { Io } from "../../process/io.js";

export const cacheDir = z
  .string()
  .min(1)
  .optional()
  .meta({ description: "where fetched corpora lie: corpus_cache/ in the home" });

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "The corpora that were fetched from a file service, by their ids. What a break has left is gone on with.",
    args: {},
    options: z.strictObject({ dir: cacheDir }),
    examples: {
      "trainer corpus list": "a table",
      "trainer corpus list --json | jq -r '.corpora[].path'": "for a script",
    },
    async run({ options, home, out }) {
      const { cachedCorpora, openHome } = await import("@trainer/training/files");
      const at = openHome(home);
      const dir = options.dir ?? at.corpusCache;
      const corpora = await cachedCorpora(at, dir);
      const shown = corpora.map(({ id, path, bytes, readMs, fetchedMs, inUse, partial }) => ({
        id,
        path,
        bytes,
        read_at: new Date(readMs).toISOString(),
        fetched_at: new Date(fetchedMs).toISOString(),
        in_use: inUse,
        partial,
      }));
      out.result({ dir, corpora: shown }, () => {
        if (shown.length === 0) return `No corpora in ${dir}.`;
        const rows = shown.map((each) => [
          each.id,
          formatBytes(each.bytes),
          each.read_at.slice(0, 10),
          [each.partial ? "in part" : "", each.in_use ? "in use" : ""].filter(Boolean).join(", "),
        ]);
        return table([["CORPUS", "SIZE", "LAST READ"], ...rows], [1]).join("\n");
      });
    },
  });
}
