import { expect, test } from "vitest";
import { decodeEvent, encodeEvent, type TrainerEvent } from "./events.js";

const progress: TrainerEvent = {
  type: "trainer.metrics.progress.v1",
  job_id: "gpt2-small-1700000000",
  user_id: 1234567890123456789n,
  epoch: 0,
  total_epochs: 3,
  step: 12,
  train_loss: 4.2,
  train_ppl: Infinity,
  grad_norm: 1.1,
  samples_per_sec: 88,
};

test("an event goes as other decoders want it: a bare integer for the user, Infinity by its name", () => {
  expect(encodeEvent(progress)).toBe(
    '{"type":"trainer.metrics.progress.v1","job_id":"gpt2-small-1700000000","user_id":1234567890123456789,"epoch":0,' +
      '"total_epochs":3,"step":12,"train_loss":4.2,"train_ppl":Infinity,"grad_norm":1.1,"samples_per_sec":88}',
  );
  expect(decodeEvent(encodeEvent(progress))).toEqual(progress);
});

test("what decoders do not know is left out, and an optional figure of the wrong type counts as absent", () => {
  const message = { ...progress, user_id: 5, train_ppl: 60, val_loss: "x", more: 1 };
  expect(decodeEvent(JSON.stringify(message))).toEqual({ ...progress, user_id: 5n, train_ppl: 60 });
});

test.each([
  ["no JSON", "{"],
  ["no object", "3"],
  ["no type", { type: undefined }],
  ["an unknown type", { type: "trainer.metrics.other.v1" }],
  ["no user", { user_id: null }],
  ["a user as text", { user_id: "5" }],
  ["a user beyond 64 bits", { user_id: 2 ** 70 }],
  ["a step with a fraction", { step: 1.5 }],
  ["a figure as text", { train_loss: "4.2" }],
  ["a missing figure", { grad_norm: null }],
])("%s is no event", (_, change) => {
  const message = typeof change === "string" ? change : JSON.stringify({ ...progress, user_id: 5, ...change });
  expect(decodeEvent(message)).toBeNull();
});

test("a job's event needs its domain, and a kind of error that there is", () => {
  const failed = { type: "trainer.job.failed.v1", domain: "trainer", job_id: "r", user_id: 0, message: "m" };
  expect(decodeEvent(JSON.stringify({ ...failed, error_kind: "user" }))).toMatchObject({ error_kind: "user" });
  expect(decodeEvent(JSON.stringify({ ...failed, error_kind: "other" }))).toBeNull();
  expect(decodeEvent(JSON.stringify({ ...failed, error_kind: "user", domain: "qr" }))).toBeNull();
});
