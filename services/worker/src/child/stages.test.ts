import { TrainingError, type RunEvent } from "@trainer/training";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import { FromChild } from "./messages.js";
import { RunStages } from "./run-stages.js";
import { Stages } from "./stages.js";

/** What a parent is told. */
function line() {
  const told: FromChild[] = [];
  const say = (message: FromChild) => void told.push(FromChild.parse(message));
  const stages = () => told.flatMap((message) => (message.type === "stage" ? [message.stage] : []));
  return { told, say, stages, names: () => stages().map(({ name }) => name) };
}

test("a stage is told once it is over, with what came of it, or the code of what it failed by", async () => {
  const { told, say, stages } = line();
  const of = new Stages(say, 7);
  expect(
    await of.time(
      "upload",
      async () => ({ bytes: 3 }),
      ({ bytes }) => ({ bytes }),
    ),
  ).toEqual({ bytes: 3 });
  expect(await of.time("clean", async () => "done")).toBe("done");
  const failure = new TrainingError("CORPUS_EMPTY", "a person's text");
  await expect(of.time("answer", async () => Promise.reject(failure))).rejects.toBe(failure);
  expect(stages().map(({ name, failure, attributes }) => [name, failure, attributes])).toEqual([
    ["upload", null, { bytes: 3 }],
    ["clean", null, {}],
    ["answer", "CORPUS_EMPTY", {}],
  ]);
  expect(told[0]).toMatchObject({ id: 7 });
  expect(JSON.stringify(told)).not.toContain("person");
  new Stages(say).over("sample", 2);
  expect(told.at(-1)).toMatchObject({ id: null });
  expect(Date.now() - Number(stages().at(-1)?.startedAt)).toBeGreaterThanOrEqual(2000);
});

const Event = z.custom<RunEvent>((value) => typeof value === "object");
/** An event with the fields that matter here. */
const event = (type: RunEvent["type"], fields: object = {}): RunEvent => Event.parse({ type, ...fields });

test("the events of a run are its stages, those that did not happen left out", () => {
  const { say, names, stages } = line();
  const run = new RunStages(say);
  run.event(event("data", { phase: "open" }));
  run.event(event("config"));
  run.event(event("tokenizer", { phase: "ready" })); // it was there
  run.event(event("data", { phase: "encode" }));
  run.event(event("data", { phase: "ready" }));
  run.event(event("batch"));
  run.event(event("start", { parameters: 12 }));
  run.event(event("step"));
  run.event(event("evaluating", { of: "validation" }));
  run.event(event("eval", { split: "validation", seconds: 1, step: 5 }));
  run.event(event("checkpoint", { step: 5, bytes: 99, seconds: 0.5 }));
  run.event(event("sample", { step: 5, seconds: 0.5 }));
  run.event(event("warning"));
  run.event(event("profile"));
  run.event(event("eval", { split: "test", seconds: 1, step: 5 }));
  run.event(event("evaluating", { of: "evaluation" }));
  run.event(event("evaluating", { of: "evaluation" }));
  run.event(event("completed", { result: { steps: 5 } }));
  expect(names()).toEqual(["encode", "prepare", "validation", "checkpoint", "sample", "test", "evaluation", "train"]);
  expect(stages().map(({ attributes }) => attributes)).toEqual([
    {},
    { parameters: 12 },
    { step: 5 },
    { step: 5, bytes: 99 },
    { step: 5 },
    { step: 5 },
    {},
    { steps: 5 },
  ]);
});

test("stages that a failure ends are told with its code, and of a stopped run what had ended", () => {
  const failed = line();
  const run = new RunStages(failed.say);
  run.event(event("tokenizer", { phase: "count" }));
  run.event(event("failed", { code: "CORPUS_EMPTY" }));
  expect(failed.stages().map(({ name, failure }) => [name, failure])).toEqual([
    ["prepare", "CORPUS_EMPTY"],
    ["tokenizer", "CORPUS_EMPTY"],
  ]);
  const stopped = line();
  const other = new RunStages(stopped.say);
  other.event(event("tokenizer", { phase: "merge" }));
  other.event(event("tokenizer", { phase: "ready" }));
  other.event(event("start", { parameters: 1 }));
  other.event(event("interrupted", { result: { steps: 2 } }));
  expect(stopped.names()).toEqual(["tokenizer", "prepare", "train"]);
});

test("steps are counted, told each second at most, and none is left untold", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const { told, say } = line();
    const run = new RunStages(say);
    const done = { step: 1, epoch: 0, loss: 1, lr: 1, gradNorm: 1, totalSteps: 9, epochs: 1, endsEpoch: false };
    const step = () => run.step({ ...done, figures: {}, skipped: false, samples: 2, tokens: 10, ms: 500 });
    step();
    step();
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1000);
    step();
    expect(told).toEqual([{ type: "steps", done: { steps: 3, tokens: 30, seconds: 1.5 } }]);
    step();
    run.event(event("failed", { code: "TRAINING_NAN_LOSS" }));
    run.event(event("completed", { result: { steps: 4 } }));
    expect(told.filter(({ type }) => type === "steps")).toEqual([
      { type: "steps", done: { steps: 3, tokens: 30, seconds: 1.5 } },
      { type: "steps", done: { steps: 1, tokens: 10, seconds: 0.5 } },
    ]);
  } finally {
    vi.useRealTimers();
  }
});
