import { expect, test } from "vitest";
import { z } from "zod";
import { jobData, jobs } from "./queue.js";
import { RunId } from "./schemas/ids.js";
import { GenerateRequest } from "./schemas/use.js";
import { refusalOf } from "./schemas/refusal.js";
import { checkCorpus, keptSettings, TrainRequest, TrainSettings } from "./schemas/train.js";

test("a job comes out of the queue's plain JSON as it went in, with a 64-bit user", () => {
  const { user_id, ...request } = TrainRequest.parse({ corpus_file_id: "a", user_id: 1234567890123456789n });
  const job = { run_id: RunId.parse("r"), user_id, request };
  expect(jobs.train.parse(JSON.parse(JSON.stringify(jobData(job))))).toEqual(job);
});

test("settings that every version knows go as they always did, and later ones only where they say something", () => {
  const job = (fields: object) => {
    const { user_id, ...request } = TrainRequest.parse({ corpus_file_id: "a", ...fields });
    return { run_id: RunId.parse("r"), user_id, request };
  };
  const first = Object.keys(z.object({ request: z.object({}).loose() }).parse(jobData(job({}))).request);
  expect(first).toHaveLength(36);
  expect(first).not.toContain("lr_schedule");
  const later = job({ lr_schedule: "wsd", lora_targets: ["q"], pretrained_run_id: "b", lora_rank: 2 });
  const { request } = z.object({ request: z.object({ newer: z.object({}).loose() }) }).parse(jobData(later));
  expect(Object.keys(request.newer).filter((name) => !first.includes(name))).toEqual([
    "lora_rank",
    "lora_targets",
    "lr_schedule",
  ]);
  for (const each of [job({}), later])
    expect(jobs.train.parse(JSON.parse(JSON.stringify(jobData(each))))).toEqual(each);
});

test("settings that ask what this version does not know are refused, and so are they by one that drops what it does not know", () => {
  const request = TrainSettings.parse({ corpus_file_id: "a", warmup_steps: 5 });
  const why = (schema: z.ZodType, kept: unknown) =>
    refusalOf(schema.safeParse(kept).error ?? new z.ZodError([])).message;
  expect(why(TrainSettings, { ...request, wings: 2 })).toBe("Extra fields not allowed: wings");
  expect(why(TrainSettings, { newer: { ...request, wings: 2 } })).toBe("Extra fields not allowed: wings");
  const { user_id: _user, warmup_steps: _new, ...old } = TrainRequest.shape;
  expect(why(z.object(old).superRefine(checkCorpus), keptSettings(request))).toBe("corpus_file_id is required");
});

test("a job without a user goes as it is", () => {
  const job = { run_id: RunId.parse("r"), request_id: "q", request: GenerateRequest.parse({ prompt_text: "a" }) };
  expect(jobs.generate.parse(JSON.parse(JSON.stringify(jobData(job))))).toEqual(job);
});
