import { expect, test } from "vitest";
import { jobData, jobs } from "./queue.js";
import { RunId } from "./schemas/ids.js";
import { GenerateRequest } from "./schemas/use.js";
import { TrainRequest } from "./schemas/train.js";

test("a job comes out of the queue's plain JSON as it went in, with a 64-bit user", () => {
  const { user_id, ...request } = TrainRequest.parse({ corpus_file_id: "a", user_id: 1234567890123456789n });
  const job = { run_id: RunId.parse("r"), user_id, request };
  expect(jobs.train.parse(JSON.parse(JSON.stringify(jobData(job))))).toEqual(job);
});

test("a job without a user goes as it is", () => {
  const job = { run_id: RunId.parse("r"), request_id: "q", request: GenerateRequest.parse({ prompt_text: "a" }) };
  expect(jobs.generate.parse(JSON.parse(JSON.stringify(jobData(job))))).toEqual(job);
});
