import { rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { train, type RunEvent, type StepProfile } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("profile");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

async function profiles(runId: string, maxSteps: number, profileSteps: number): Promise<StepProfile[]> {
  const events: RunEvent[] = [];
  const onEvent = (event: RunEvent) => events.push(event);
  await train({ ...tiny, corpus, runId, maxSteps, evaluate: false }, { home, onEvent, profileSteps });
  return events.flatMap((event) => (event.type === "profile" ? [event.profile] : []));
}

test("a profile tells of the steps asked for, and leaves the run as it would have been", async () => {
  expect(await profiles("plain", 8, 0)).toEqual([]);
  const [profile, ...more] = await profiles("profiled", 8, 2);
  expect(more).toEqual([]);
  expect(profile?.steps).toBe(2);
  const { stepMs = 0, dataMs = 0, operators = [] } = profile ?? {};
  const update = operators.find(({ name }) => name === "trainer::adamw_");
  expect(update?.calls).toBe(1); // a step's
  const inOperators = operators.reduce((sum, { ms }) => sum + ms, 0);
  expect(inOperators).toBeGreaterThan(0);
  expect(inOperators).toBeLessThan(stepMs);
  expect(dataMs).toBeGreaterThan(0);
  expect(dataMs).toBeLessThan(stepMs);
  const flops = operators.filter(({ shape }) => shape !== "").reduce((sum, { flops }) => sum + flops, 0);
  expect(flops).toBeGreaterThan(0);
  expect(outcome(join(home, "models", "profiled"))).toEqual(outcome(join(home, "models", "plain")));
});

test("a run shorter than its profile tells of the steps it had; one that is all warm-up of none", async () => {
  expect((await profiles("short", 5, 10)).map(({ steps }) => steps)).toEqual([2]);
  expect(await profiles("shorter", 2, 10)).toEqual([]);
});
