import type { Command } from "commander";
import { z } from "zod";
import { word } from "../framework/arguments.js";
import { defineCommand, RUN } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import { resumeRun } from "../runs/resume-run.js";

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Go on with a run that was stopped, killed or failed, from its last whole checkpoint and with its own options. On a CPU the losses are those it would have had without the stop.",
    args: { run: word(RUN) },
    options: z.strictObject({}),
    usesLibtorch: true,
    examples: {
      "trainer resume RUN": "to the end, with the display of `trainer train`",
      "trainer resume RUN --json": "one JSON line a logged step, the result last",
      "trainer resume RUN --server http://127.0.0.1:8000":
        "a run of a server that has failed or was cancelled; what a stop of the server cut off goes on by itself",
    },
    async runOn(server, { args: { run: runId }, io, out }) {
      const { followRemote } = await import("../remote/follow-run.js");
      await server.client.resume(runId);
      await followRemote({ io, out }, server, runId);
    },
    async run({ args: { run }, ...where }) {
      await resumeRun(run, where);
    },
  });
}
