import { most, ResumeOptions, type ResumeInput } from "@trainer/options";
import { z } from "zod";
import { float, orNull } from "./fields.js";
import { wire } from "./wire.js";

const fields = {
  ...wire(ResumeOptions.omit({ maxSeconds: true }).shape),
  seconds: orNull(float({ min: 1, max: most.seconds })).describe("Train on for so many seconds from now."),
};

/** POST /runs/{run_id}/resume: without a new end, which is one of these, the run goes on to the one that it has. */
export const ResumeRequest = z
  .strictObject(fields)
  .superRefine((end, ctx) => {
    if (givenIn(end) < 2) return;
    const message = "max_steps, num_epochs and seconds: each says where the run ends; give one of them";
    ctx.addIssue({ code: "custom", message, path: ["max_steps"], params: { status: 422 } });
  })
  .meta({ example: { max_steps: 4000 } });
export type ResumeRequest = z.output<typeof ResumeRequest>;

const givenIn = (end: object): number => Object.values(end).filter((value) => value !== null).length;

export const isEndGiven = (end: ResumeRequest): boolean => givenIn(end) > 0;

/** A new end that a run is to get, as it waits in a queue. */
export const NewEnd = z.object({
  ...fields,
  /** Id of the request: its end is taken once, by however many workers. */
  id: z.string(),
  /** True for a run that was completed before: it stays so where it is not trained on. */
  completed: z.boolean(),
});
export type NewEnd = z.output<typeof NewEnd>;

/** The end as an option of a training. */
export const resumeInput = ({ max_steps, num_epochs, seconds }: ResumeRequest): ResumeInput => ({
  maxSteps: max_steps,
  numEpochs: num_epochs,
  maxSeconds: seconds,
});
