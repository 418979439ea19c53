import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { near, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { train, type RunEvent, type StepDone } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("step-figures");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const linesOf = (id: string, file: string): unknown[] =>
  readFileSync(join(home, "models", id, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));

test("what is said of each step is of that step: where it stands, its sequences and tokens, and what it was trained with", async () => {
  const done: StepDone[] = [];
  const events: RunEvent[] = [];
  const options = { ...tiny, corpus, runId: "r", batchSize: 4, gradAccumSteps: 4, numEpochs: 2, logEvery: 10 };
  const lr = { learningRate: 0.01, lrSchedule: "linear" } as const;
  const result = await train(
    { ...options, ...lr, evaluate: false },
    { home, onEvent: (e) => events.push(e), onStep: (step) => done.push(step) },
  );

  const { train: training } = result.splits ?? {};
  const targets = (training?.tokens ?? 0) - 1;
  const sequences = Math.ceil(targets / tiny.maxSeqLen);
  const batches = Math.ceil(sequences / 4);
  const stepsPerEpoch = Math.ceil(batches / 4);
  expect(batches % 4).not.toBe(0); // so that an epoch's last step has fewer
  const totalSteps = 2 * stepsPerEpoch;
  expect(events.find(({ type }) => type === "start")).toMatchObject({ totalSteps, stepsPerEpoch, epochs: 2 });

  expect(done.map(({ step }) => step)).toEqual(Array.from({ length: totalSteps }, (_, i) => i + 1));
  for (const each of done) {
    const last = each.step % stepsPerEpoch === 0;
    expect(each).toMatchObject({
      totalSteps,
      epoch: each.step > stepsPerEpoch ? 1 : 0,
      epochs: 2,
      endsEpoch: last,
      samples: 4 * (last ? batches % 4 : 4),
      lr: near(0.01 * (1 - each.step / totalSteps), 12),
      skipped: false,
    });
    expect(each.tokens).toBeLessThanOrEqual(each.samples * tiny.maxSeqLen);
    expect(each.ms).toBeGreaterThan(0);
  }
  const tokensUpTo = (step: number) => done.slice(0, step).reduce((sum, { tokens }) => sum + tokens, 0);
  expect([tokensUpTo(stepsPerEpoch), tokensUpTo(totalSteps)]).toEqual([targets, 2 * targets]);

  const logged = events.filter((e) => e.type === "step");
  const wanted = done.map(({ step }) => step).filter((step) => step === 1 || step % 10 === 0 || step === totalSteps);
  expect(logged.map(({ step }) => step)).toEqual(wanted);
  for (const each of logged) {
    const { loss, gradNorm, epoch } = done[each.step - 1] ?? {};
    expect(each).toMatchObject({ totalSteps, epoch, epochs: 2, loss, gradNorm, ppl: Math.exp(Number(loss)) });
    expect(each.tokensSeen).toBe(tokensUpTo(each.step));
    const since = done.slice(wanted[wanted.indexOf(each.step) - 1] ?? 0, each.step);
    const sum = (of: (step: StepDone) => number) => since.reduce((total, step) => total + of(step), 0);
    const seconds = sum(({ ms }) => ms) / 1000;
    expect(each.stepMs).toBeCloseTo((1000 * seconds) / since.length, 6);
    expect(each.tokensPerSec / (sum(({ tokens }) => tokens) / seconds)).toBeCloseTo(1, 6);
    expect(each.samplesPerSec / (sum(({ samples }) => samples) / seconds)).toBeCloseTo(1, 6);
  }

  const lines = linesOf("r", "metrics.jsonl").filter((line) => !JSON.stringify(line).includes('"split"'));
  expect(lines).toEqual(
    logged.map((e) => ({
      step: e.step,
      epoch: e.epoch,
      tokens: e.tokensSeen,
      train_loss: e.loss,
      train_ppl: e.ppl,
      lr: e.lr,
      grad_norm: e.gradNorm,
      tokens_per_sec: e.tokensPerSec,
      step_ms: e.stepMs,
      eta_seconds: e.etaSeconds,
      rss_bytes: e.rssBytes,
    })),
  );
});
