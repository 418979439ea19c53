import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, sha256, tiny, writeCorpus } from "@trainer/testing";
import { expect, test } from "vitest";
import type { RunEvent } from "../src/run/events.js";
import { RunManifest } from "../src/home/manifest.js";
import { isInUse } from "../src/home/run-use.js";
import { resume } from "../src/run/resume.js";
import { train } from "../src/run/train.js";

const home = scratchPath("evaluate-at-end");
const corpus = writeCorpus(join(home, "corpus.txt"));

const manifestOf = (id: string) =>
  RunManifest.parse(JSON.parse(readFileSync(join(home, "models", id, "manifest.json"), "utf8")));

async function run(runId: string, options: Partial<Parameters<typeof train>[0]> = {}, signal?: AbortSignal) {
  const events: RunEvent[] = [];
  const input = { ...tiny, corpus, runId, maxSteps: 3, ...options };
  const result = await train(input, { home, onEvent: (event) => events.push(event), ...(signal && { signal }) });
  const manifest = manifestOf(result.runId);
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  const evaluating = events.filter((event) => event.type === "evaluating" && event.of === "evaluation");
  return { result, manifest, warnings, evaluating, evaluated: existsSync(join(result.path, "eval", "metrics.json")) };
}

test("a completed run is evaluated by itself, and its manifest says how", async () => {
  const { result, manifest, evaluated, warnings, evaluating } = await run("one");
  expect({ evaluated, warnings }).toEqual({ evaluated: true, warnings: [] });
  expect(evaluating[0]).toMatchObject({ done: 0, batches: evaluating.length });
  expect(manifest.evaluation).toMatchObject({ split: "validation", seed: 42 });
  expect(manifest.evaluation?.loss).toBeCloseTo(result.bestValLoss ?? 0, 5);
  expect(manifest.status).toBe("completed");
});

test("with its evaluation comes a verdict, in words and figures, unless it is not wanted", async () => {
  const { result, manifest } = await run("judged");
  const { verdict } = manifest;
  expect(result.verdict).toEqual(verdict?.words);
  expect(result.verdict[0]).toMatch(/^Its loss, .* more steps would help\.$/);
  expect(result.verdict[1]).toMatch(
    /^Bits per byte: \d\.\d\d; gzip \d\.\d\d.* and a 5-gram model \d\.\d\d, on 1 KB after \d KB/,
  );
  expect(result.verdict[2]).toMatch(/ of the training text/);
  expect(verdict?.references?.bytes).toBeLessThan(verdict?.references?.training_bytes ?? 0);
  expect(verdict?.helps).toBe("steps");
  const unwanted = await run("unjudged", { verdict: false });
  expect(unwanted.manifest).toMatchObject({ evaluation: { split: "validation" }, verdict: null });
  expect(unwanted.result.verdict).toEqual([]);
});

test("without a validation split the test split serves, and without either none", async () => {
  expect((await run("test-only", { holdoutFraction: 0 })).manifest.evaluation).toMatchObject({ split: "test" });
  const neither = await run("neither", { holdoutFraction: 0, testSplitRatio: 0 });
  expect(neither).toMatchObject({ evaluated: false, warnings: [] });
});

test("who does not want it says so", async () => {
  expect(await run("not-wanted", { evaluate: false })).toMatchObject({ evaluated: false, warnings: [] });
});

test("a text that was fetched to another folder than the home is found there, as by a worker of a deployment", async () => {
  const dataRoot = scratchPath("evaluate-at-end-data");
  const corpusFileId = sha256(readFileSync(corpus));
  mkdirSync(join(dataRoot, "corpus_cache"), { recursive: true });
  copyFileSync(corpus, join(dataRoot, "corpus_cache", `${corpusFileId}.txt`));
  const warnings: string[] = [];
  const input = { ...tiny, corpusFileId, runId: "fetched", maxSteps: 3 };
  await train(input, {
    home,
    dataRoot,
    onEvent: (event) => event.type === "warning" && warnings.push(event.message),
  });
  expect(warnings).toEqual([]);
  expect(manifestOf("fetched").evaluation).toMatchObject({ split: "validation" });
});

test("an evaluation that fails is a warning, and the run completed all the same", async () => {
  const input = { ...tiny, corpus, runId: "blocked", maxSteps: 3 };
  const warnings: string[] = [];
  const result = await train(input, {
    home,
    onEvent(event) {
      if (event.type === "start") writeFileSync(join(home, "models", "blocked", "eval"), "a file in the way");
      if (event.type === "warning") warnings.push(event.message);
    },
  });
  expect(result.status).toBe("completed");
  expect(warnings.join()).toContain("the run is completed, but its evaluation failed");
});

test("who stops a run while it is evaluated has a completed run without a warning", async () => {
  const controller = new AbortController();
  const events: RunEvent[] = [];
  // The evaluation has begun once it marks the run as in use.
  const stopOnceOpened = () => {
    if (isInUse(join(home, "models", "stopped"))) controller.abort();
    else setImmediate(stopOnceOpened);
  };
  const result = await train(
    { ...tiny, corpus, runId: "stopped", maxSteps: 3 },
    {
      home,
      signal: controller.signal,
      onEvent(event) {
        events.push(event);
        if (event.type === "eval" && event.split === "test") stopOnceOpened();
      },
    },
  );
  expect(result.status).toBe("completed");
  expect(manifestOf("stopped").evaluation).toBeNull();
  expect(events.filter(({ type }) => type === "warning")).toEqual([]);

  // Repeated, as by a queue, it completes the missing part, and reports as before.
  const again: RunEvent[] = [];
  const resumed = await resume("stopped", { home, onEvent: (event) => again.push(event) });
  expect(resumed).toEqual({ ...result, verdict: manifestOf("stopped").verdict?.words });
  expect(again.at(-1)).toEqual({ type: "completed", result: resumed });
  const whole = await run("not-stopped");
  expect(manifestOf("stopped").evaluation).toEqual(whole.manifest.evaluation);
});

test("a test loss too large for a finite perplexity is told as such also afterwards", async () => {
  const { manifest } = await run("infinite");
  const path = join(home, "models", "infinite", "manifest.json");
  writeFileSync(path, JSON.stringify({ ...manifest, test_loss: 800, test_perplexity: null }));
  expect(await resume("infinite", { home })).toMatchObject({ testLoss: 800, testPerplexity: Infinity });
});

test("a completed run of an earlier version, which did not count the epochs begun, is told with those it ended", async () => {
  const { manifest } = await run("older");
  const path = join(home, "models", "older", "manifest.json");
  writeFileSync(path, JSON.stringify({ ...manifest, epochs: 5, epochs_begun: null }));
  expect(await resume("older", { home })).toMatchObject({ epochs: 5 });
  writeFileSync(path, JSON.stringify({ ...manifest, epochs: 5, epochs_begun: 6 }));
  expect(await resume("older", { home })).toMatchObject({ epochs: 6 });
});

test("a completed run that is asked for again stays as it is", async () => {
  for (const [id, options] of [
    ["plain", {}],
    ["untested", { testSplitRatio: 0, evaluate: false }],
  ] as const) {
    const { result, manifest } = await run(id, options);
    expect(await resume(id, { home })).toEqual(result);
    expect(manifestOf(id)).toEqual(manifest);
  }
});
