import { basename } from "node:path";
import type { Command } from "commander";
import type { RunManifest, RunSummary } from "@trainer/training";
import { z } from "zod";
import { defineCommand } from "../../framework/define-command.js";
import { fitTable, type Column } from "../../display/fit-table.js";
import { formatMoment } from "../../display/moment.js";
import { formatDuration } from "../../display/duration.js";
import { formatBytes, formatCount, formatNumber, formatShort } from "../../display/quantity.js";
import type { Io } from "../../process/io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "All runs, the newest first.",
    args: {},
    options: z.strictObject({}),
    examples: {
      "trainer runs": "a table",
      "trainer runs list --json | jq -r '.runs[] | select(.status == \"completed\") | .run_id'": "ids for a script",
    },
    async runOn(server, invocation) {
      const { listRemote } = await import("../../remote/runs.js");
      await listRemote(server, invocation);
    },
    async run({ home, flags, out }) {
      const { listRuns, openHome } = await import("@trainer/training/files");
      const runs = await listRuns(openHome(home));
      out.result({ runs: runs.map(runJson) }, () => {
        if (runs.length === 0) return `No runs in ${home} yet. To make one: trainer train my-text.txt${flags}`;
        return fitTable(runs, COLUMNS, out.screen.rowWidth()).join("\n");
      });
    },
  });
}

/** A run as `runs list --json` tells it. */
export const runJson = ({ id, dir, status, archived, problem, manifest, bytes }: RunSummary) => ({
  run_id: id,
  status,
  archived,
  problem,
  path: dir,
  bytes,
  created_at: manifest?.created_at ?? null,
  steps: manifest?.steps ?? null,
  best_val_loss: manifest?.best_val_loss ?? null,
  test_loss: manifest?.test_loss ?? null,
  test_perplexity: manifest?.test_perplexity ?? null,
});

const COLUMNS: readonly Column<RunSummary>[] = [
  { head: "RUN", cell: ({ id }) => id },
  { head: "STATUS", cell: ({ status, archived }) => (archived && status === "completed" ? "archived" : status) },
  { head: "BEGUN", cell: ({ manifest }) => formatMoment(manifest && new Date(manifest.started_at)), spare: 2 },
  { head: "CORPUS", cell: ({ manifest }) => corpusName(manifest), spare: 1, least: 8 },
  { head: "STEPS", cell: ({ manifest }) => steps(manifest), right: true },
  { head: "PARAMS", cell: ({ manifest }) => orDash(manifest?.parameters, formatShort), right: true, spare: 6 },
  { head: "VAL LOSS", cell: ({ manifest }) => orDash(manifest?.best_val_loss, formatNumber), right: true },
  { head: "TEST PPL", cell: ({ manifest }) => orDash(manifest?.test_perplexity, formatNumber), right: true, spare: 3 },
  { head: "TIME", cell: ({ manifest }) => orDash(manifest?.duration_seconds, formatDuration), right: true, spare: 4 },
  { head: "DISK", cell: ({ archived, bytes }) => (archived ? "archived" : formatBytes(bytes)), right: true, spare: 5 },
];

const orDash = (figure: number | null | undefined, show: (figure: number) => string) =>
  figure === null || figure === undefined ? "-" : show(figure);

const corpusName = (manifest: RunManifest | null): string =>
  manifest === null
    ? "-"
    : manifest.corpus_path
        .split(":")
        .map((path) => basename(path))
        .join(", ");

function steps(manifest: RunManifest | null): string {
  if (manifest === null) return "-";
  const { steps: done, total_steps: total } = manifest;
  return total === null || total === done ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`;
}
