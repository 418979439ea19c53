import { rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { hasFastBf16 } from "@trainer/torch";
import { readManifest, resume, train } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
const run = (id: string) => join(home, "models", id);

beforeAll(() => {
  home = scratchPath("bf16");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const options = { ...tiny, device: "cpu", maxSteps: 40, checkpointEvery: 7 } as const;
const why = hasFastBf16() ? "" : " (skipped: bf16 is not faster on this CPU)";

test.runIf(hasFastBf16())(`a run in bf16 comes to fp32's loss, and resumed to itself, bit for bit${why}`, async () => {
  const losses: number[] = [];
  for (const precision of ["fp32", "bf16"] as const) {
    await train({ ...options, corpus, precision, runId: precision }, { home });
    const manifest = await readManifest(join(run(precision), "manifest.json"));
    expect(manifest?.precision).toBe(precision);
    losses.push(Number(manifest?.test_loss));
  }
  const [fp32 = NaN, bf16 = NaN] = losses;
  expect(bf16).not.toBe(fp32);
  expect(Math.abs(bf16 - fp32)).toBeLessThan(0.003 * fp32);

  const stop = new AbortController();
  const onEvent = (e: { readonly type: string; readonly step?: number }) => {
    if (e.type === "step" && e.step === 23) stop.abort();
  };
  const cut = { ...options, corpus, precision: "bf16", runId: "cut" } as const;
  expect(await train(cut, { home, onEvent, signal: stop.signal })).toMatchObject({ status: "interrupted" });
  await resume("cut", { home });
  expect(outcome(run("cut"))).toEqual(outcome(run("bf16")));
});
