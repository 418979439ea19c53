import { z } from "zod";
import { ungrouped } from "./presets.js";
import { TrainOptions } from "./train-options.js";

const { maxSteps, maxSeconds, numEpochs } = TrainOptions.shape;

/** A new end of a run that goes on; without one it has that which it began with. */
export const ResumeOptions = z.strictObject(
  ungrouped({
    maxSteps: maxSteps.describe("train on to so many steps in all, also where the run was completed"),
    numEpochs: numEpochs
      .unwrap()
      .nullable()
      .default(null)
      .meta({ ...numEpochs.meta(), description: "train on to so many times through the corpus in all" }),
    maxSeconds: maxSeconds.meta({
      ...maxSeconds.meta(),
      description: "train on for so long from now: 90s, 30m, 2h, or a number of seconds",
    }),
  }),
);
export type ResumeOptions = z.infer<typeof ResumeOptions>;

/** Options before defaults are filled in. */
export type ResumeInput = z.input<typeof ResumeOptions>;
