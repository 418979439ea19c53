import type { Command } from "commander";
import { ResumeOptions } from "@trainer/options";
import { word } from "../framework/arguments.js";
import { defineCommand, RUN } from "../framework/define-command.js";
import type { Io } from "../process/io.js";
import { track } from "../flags/track-flag.js";
import { trackerFor } from "../trackers/tracker-for.js";
import { resumeRun } from "../runs/resume-run.js";

const ResumeFlags = ResumeOptions.extend({ track });

export function define(command: Command, io: Io): void {
  defineCommand(command, io, {
    description:
      "Go on with a run that was stopped, killed or failed, from its last whole checkpoint and with its own options. On a CPU the losses are those it would have had without the stop. With a new end any run trains on, a completed one too: patience begins anew, and the learning rate is from then on what it would be in a run with that end, so that a cosine or a line is stretched.",
    args: { run: word(RUN) },
    options: ResumeFlags,
    usesLibtorch: true,
    examples: {
      "trainer resume RUN": "to the end, with the display of `trainer train`",
      "trainer resume RUN --max-steps 4000": "on to so many steps in all, of a completed run too",
      "trainer resume RUN --for 2h": "on for two hours",
      "trainer resume RUN --json": "one JSON line a logged step, the result last",
      "trainer resume RUN --server http://127.0.0.1:8000":
        "a run of a server that has failed or was cancelled; what a stop of the server cut off goes on by itself",
      "trainer resume RUN --max-steps 4000 --server http://127.0.0.1:8000": "on with any of its runs that has ended",
    },
    async runOn(server, { args: { run: runId }, options, io, out }) {
      const { followRemote } = await import("../remote/follow-run.js");
      const { fieldsOf, refuseLocal, requestOf } = await import("../remote/request.js");
      refuseLocal(ResumeFlags, options, Object.keys(ResumeOptions.shape));
      const { ResumeRequest } = await import("@trainer/platform");
      const end = requestOf(ResumeRequest, options, fieldsOf(ResumeRequest, { seconds: "maxSeconds" }));
      await server.client.resume(runId, end);
      await followRemote({ io, out }, server, runId);
    },
    async run({ args: { run }, options: { track: to, ...end }, ...where }) {
      await resumeRun(run, where, { end, tracker: to && (await trackerFor(to, where)) });
    },
  });
}
