import { z } from "zod";
import { figure } from "./fields.js";
import { JobState } from "./run.js";

const told = figure.default(null);

/** What a training will be, as far as it can be told before it is begun. */
export const EstimateResult = z.object({
  status: JobState,
  parameters: told,
  trainable_parameters: told,
  tokens: told.describe("Of the text that is trained on."),
  steps: told.describe("To the end, where it is not stopped early."),
  memory_bytes: told.describe("Of the process at its height; on a GPU of its tensors."),
  available_bytes: told.describe("All the memory there is: of the machine, or its GPU."),
  seconds: told.describe("To the end, where it is not stopped early and nothing else runs."),
  device: z.enum(["cpu", "cuda"]).nullable().default(null),
  precision: z.string().nullable().default(null),
  threads: told,
  sampled: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Is a part of the text read, by which the whole is judged? Tokens and steps are exact where not."),
  busy: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Did other programs want the processor meanwhile? The time is then less certain."),
  reasons: z.record(z.string(), z.string()).default({}).describe("Of figures that are null, by their names."),
  message: z.string().nullish(),
});
export type EstimateResult = z.output<typeof EstimateResult>;

/** POST /runs/estimate, GET /estimates/{request_id} */
export const EstimateResponse = EstimateResult.extend({ request_id: z.string() });
export type EstimateResponse = z.output<typeof EstimateResponse>;
