import { most, planDefaults } from "@trainer/options";
import { z } from "zod";
import { asked } from "./asked.js";
import { figure, float, int, orNull, withDefault } from "./fields.js";
import { JobState } from "./run.js";
import { checkCorpus, trainFields } from "./train.js";
import type { Known } from "./wire.js";

/** Fields of a training that starts from other weights, or has its time by another name. */
const otherwise = {
  pretrained_run_id: true,
  freeze_embed: true,
  finetune_lr_cap: true,
  train_new_rows_first: true,
  transfer_vocabulary: true,
  lora_rank: true,
  lora_alpha: true,
  lora_dropout: true,
  lora_targets: true,
  teacher: true,
  kd_weight: true,
  kd_top_k: true,
  kd_temperature: true,
  kd_cache: true,
  max_seconds: true,
} as const;

/** POST /plan, of a server that knows these names: what is said stays as it is, the rest is planned. */
export const planRequest = (known?: Known) =>
  z
    .strictObject(asked(trainFields(known)))
    .omit(otherwise)
    .extend({
      seconds: withDefault(float({ min: 1, max: most.seconds }), planDefaults.seconds).describe(
        "Time that the training may take in all.",
      ),
      memory_bytes: orNull(int({ min: 1 })).describe(
        "Memory that it may take in all. Left out: nine tenths of what is free.",
      ),
    })
    .superRefine(checkCorpus)
    .meta({ example: { corpus_path: "shakespeare.txt", seconds: 1800 } });
export const PlanRequest = planRequest();
export type PlanRequest = z.output<typeof PlanRequest>;

const told = figure.default(null);
const answer = z.boolean().nullable().default(null);

/** The training that is expected to give the best model of a text in a time. */
export const PlanResult = z.object({
  status: JobState,
  request: z
    .looseObject(asked(trainFields()))
    .nullable()
    .default(null)
    .describe("What `POST /runs/train` takes to do it: what was asked, and what the plan decided."),
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("The settings that the plan decided, by their names in that request."),
  parameters: told,
  vocab_size: told,
  tokens: told.describe("Of the text that is trained on."),
  steps: told,
  passes: told.describe("Times through the text."),
  passes_until_overfit: told.describe("Times through the text after which other text is predicted worse again."),
  text_spent: answer.describe("Is it shorter than the time, since more of it would overfit?"),
  seconds: told.describe("To the end, where nothing else runs."),
  bits_per_byte: told.describe("To expect of text that it has not seen."),
  gzip_bits_per_byte: told.describe("What gzip -9 needs for the text."),
  memory_bytes: told.describe("Of the process at its height; on a GPU of its tensors."),
  available_bytes: told.describe("All the memory there is: of the machine, or its GPU."),
  device: z.enum(["cpu", "cuda"]).nullable().default(null),
  precision: z.string().nullable().default(null),
  threads: told,
  busy: answer.describe("Did other programs want the processor meanwhile? The time is then less certain."),
  tried: z
    .array(z.object({ parameters: z.number(), tokens_per_sec: z.number(), bits_per_byte: z.number() }))
    .default([])
    .describe("The models whose steps were measured, the smallest first."),
  message: z.string().nullish(),
});
export type PlanResult = z.output<typeof PlanResult>;

/** POST /plan, GET /plans/{request_id} */
export const PlanResponse = PlanResult.extend({ request_id: z.string() });
export type PlanResponse = z.output<typeof PlanResponse>;
