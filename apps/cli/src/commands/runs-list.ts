import type { Command } from "commander";
import type { RunSummary } from "@trainer/training";
import { z } from "zod";
import { defineCommand } from "../define-command.js";
import { formatDuration } from "../display/duration.js";
import { formatBytes, formatCount, formatNumber, formatShort } from "../display/quantity.js";
import { table } from "../display/table.js";
import type { Io } from "../io.js";

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
      const { listRemote } = await import("../remote/runs.js");
      await listRemote(server, invocation);
    },
    async run({ home, out }) {
      const { listRuns, openHome } = await import("@trainer/training");
      const runs = await listRuns(openHome(home));
      out.result({ runs: runs.map(runJson) }, () => {
        if (runs.length === 0) return `No runs in ${home} yet. To make one: trainer train my-text.txt`;
        const head = ["RUN", "STATUS", "STEPS", "PARAMS", "VAL LOSS", "TEST PPL", "TIME", "DISK"];
        return table([head, ...runs.map(row)], [2, 3, 4, 5, 6, 7]).join("\n");
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

function row({ id, status, archived, manifest, bytes }: RunSummary): string[] {
  const disk = archived ? "archived" : formatBytes(bytes);
  if (manifest === null) return [id, status, "-", "-", "-", "-", "-", disk];
  const {
    steps,
    total_steps: total,
    parameters,
    best_val_loss: best,
    test_perplexity: ppl,
    duration_seconds: time,
  } = manifest;
  return [
    id,
    status,
    total === null || total === steps ? formatCount(steps) : `${formatCount(steps)}/${formatCount(total)}`,
    parameters === null ? "-" : formatShort(parameters),
    formatNumber(best),
    formatNumber(ppl),
    time === null ? "-" : formatDuration(time),
    disk,
  ];
}
