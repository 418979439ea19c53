import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, runFolder, train, type RunManifest } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeManifest } from "../src/home/manifest.js";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
const options = () => ({
  ...tiny,
  corpus,
  evaluate: false,
  evalEvery: 50,
  earlyStoppingPatience: 1000,
  keepCheckpoints: 1000,
});

beforeAll(() => {
  home = scratchPath("time-limit");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

async function manifestOf(id: string): Promise<RunManifest> {
  const manifest = await readManifest(runFolder(home, id).manifest);
  if (manifest === null) throw new Error(`no manifest of ${id}`);
  return manifest;
}

test("a run ends by its time; its schedule comes to its end with it, and resumed it takes the same steps", async () => {
  const input = { ...options(), maxSeconds: 3, lrSchedule: "linear", checkpointEvery: 40, runId: "timed" } as const;
  const { seconds, steps, status } = await train(input, { home });
  expect(status).toBe("completed");
  expect(seconds).toBeGreaterThan(1.5); // 3.1 on a quiet machine; steps that become quicker or slower at its end move it
  expect(seconds).toBeLessThan(30);
  const { ends, total_steps: total } = await manifestOf("timed");
  expect(total).toBe(steps);
  expect(ends.length).toBeGreaterThan(2);
  expect(ends.length).toBeLessThan(40);
  const whole = outcome(join(home, "models", "timed"));
  // Killed long before its end, with its plans written: everything is repeated by them, however fast it is this time.
  const { checkpoints, manifest } = runFolder(home, "timed");
  const kept = `step-${String(40 * Math.ceil(steps / 80)).padStart(8, "0")}`;
  for (const name of readdirSync(checkpoints))
    if (name > `${kept}~`) rmSync(join(checkpoints, name), { recursive: true });
  await writeManifest(manifest, { ...(await manifestOf("timed")), status: "running" });
  await resume("timed", { home });
  expect(outcome(join(home, "models", "timed"))).toEqual(whole);
});

test("with a number of steps too, a run ends at the earlier of the two", async () => {
  const result = await train({ ...options(), maxSeconds: "1h", maxSteps: 12, runId: "few" }, { home });
  expect(result.steps).toBe(12);
  expect((await train({ ...options(), maxSeconds: 0.001, maxSteps: 12, runId: "short" }, { home })).steps).toBe(2);
});
