import type { Command } from "commander";
import type { TokenizerSummary } from "@trainer/training";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import { fitTable, type Column } from "../../display/fit-table.js";
import { formatMoment } from "../../display/moment.js";
import { formatBytes, formatCount } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "The tokenizers of the home, the newest first, and the runs that use each.",
    args: {},
    options: z.strictObject({}),
    examples: {
      "trainer tokenizer list": "a table",
      "trainer tokenizer list --json | jq -r '.tokenizers[] | select(.runs == []) | .tokenizer_id'":
        "those that no run uses",
    },
    async run({ home, out }) {
      const { listTokenizers, openHome } = await import("@trainer/training/files");
      const tokenizers = await listTokenizers(openHome(home));
      out.result({ tokenizers: tokenizers.map(tokenizerJson) }, () => {
        if (tokenizers.length === 0) return `No tokenizers in ${home} yet. To make one: trainer tokenizer train FILE`;
        return fitTable(tokenizers, COLUMNS, out.screen.rowWidth()).join("\n");
      });
    },
  });
}

const tokenizerJson = (t: TokenizerSummary) => ({
  tokenizer_id: t.id,
  path: t.dir,
  kind: t.kind,
  vocab_size: t.vocabSize,
  problem: t.problem,
  created_at: Math.floor(t.createdAt.getTime() / 1000),
  bytes: t.bytes,
  runs: t.runs,
});

const COLUMNS: readonly Column<TokenizerSummary>[] = [
  { head: "TOKENIZER", cell: ({ id }) => id },
  {
    head: "KIND",
    cell: ({ kind, missingMethod }) => kind ?? (missingMethod ? `${missingMethod}: no plugin` : "damaged"),
  },
  { head: "TOKENS", cell: ({ vocabSize }) => (vocabSize === null ? "-" : formatCount(vocabSize)), right: true },
  { head: "MADE", cell: ({ createdAt }) => formatMoment(createdAt), spare: 2 },
  { head: "DISK", cell: ({ bytes }) => formatBytes(bytes), right: true, spare: 3 },
  { head: "RUNS", cell: ({ runs }) => (runs.length === 0 ? "-" : runs.join(", ")), spare: 1, least: 8 },
];
