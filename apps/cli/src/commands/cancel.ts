import type { Command } from "commander";
import { z } from "zod";
import { word } from "../framework/arguments.js";
import { defineCommand, RUN } from "../framework/define-command.js";
import { UsageError } from "../process/errors.js";
import type { Io } from "../process/io.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description: "Stop a run of a server: it ends after the step that is under way, and a queued one does not begin.",
    args: { run: word(RUN) },
    options: z.strictObject({}),
    examples: { "trainer cancel RUN --server http://127.0.0.1:8000": "its status is then failed: Training cancelled" },
    async runOn({ client }, { args: { run: runId }, out }) {
      const { status, message } = await client.run(runId);
      if (status === "completed" || status === "failed") {
        const how = status === "failed" && message !== null ? `${status}: ${message}` : status;
        return out.result({ run_id: runId, status, message }, () => `${runId} has ended already (${how}).`);
      }
      const answer = await client.cancel(runId);
      out.result({ run_id: runId, ...answer }, () => `${runId} is asked to stop.`);
    },
    async run({ args: { run: runId } }) {
      throw new UsageError(
        `which server trains ${runId}? Say so with --server URL. A run of this machine stops with Ctrl-C, where it was started`,
      );
    },
  });
}
