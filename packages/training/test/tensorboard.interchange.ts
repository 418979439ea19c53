import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratch, tiny, writeCorpus } from "@trainer/testing";
import { pythonProgram } from "@trainer/testing/python-program";
import { resume, train } from "@trainer/training";
import { exportEvents, findRecord, openHome, readManifest } from "@trainer/training/files";
import { expect, test } from "vitest";
import { z } from "zod";
import { eventFiles } from "../src/tracking/event-file.js";
import { startChild } from "./children.js";

const READER = fileURLToPath(new URL("tensorboard-reader.py", import.meta.url));
const Points = z.record(z.string(), z.array(z.tuple([z.int(), z.number()])));
const Shown = z.record(
  z.string(),
  z.object({
    scalars: Points,
    texts: z.record(z.string(), z.array(z.tuple([z.int(), z.string()]))),
    hparams: z.record(z.string(), z.unknown()).nullable(),
    ended: z.int().nullable(),
  }),
);
const Line = z.object({ step: z.int(), tokens: z.int(), train_loss: z.number().optional() });

test("TensorBoard shows each point of a run once: trained, killed and resumed, exported", async (context) => {
  const python = await pythonProgram("tensorboard==2.21.0", "python");
  if ("missing" in python) return context.skip(python.missing);
  await using folder = await scratch();
  const home = folder.path;
  const corpus = writeCorpus(folder.join("corpus.txt"));
  const options = { ...tiny, corpus, maxSteps: 40, logEvery: 2, evalEvery: 6, sampleEvery: 8, checkpointEvery: 5 };
  await train({ ...options, tensorboard: true, runId: "whole" }, { home });
  const child = startChild(home, { options: { ...options, tensorboard: true, runId: "killed" } });
  await child.until((event) => event.type === "step" && event["step"] === 18);
  child.process.kill("SIGKILL");
  await child.ended;
  const killed = join(home, "models", "killed");
  const [name = ""] = eventFiles(killed);
  appendFileSync(join(killed, name), "torn"); // killed in the midst of writing
  await resume("killed", { home });
  await train({ ...options, runId: "later" }, { home });
  const record = await findRecord("later", openHome(home));
  const manifest = await readManifest(record.manifest);
  if (manifest === null) throw new Error("the run has a manifest");
  await exportEvents({ ...record, manifest }, join(home, "models", "later"));

  const shown = Shown.parse(
    JSON.parse(execFileSync(python.path, [READER, join(home, "models")], { encoding: "utf8" })),
  );
  const runs = ["whole", "killed", "later"];
  expect(Object.keys(shown).toSorted()).toEqual(runs.flatMap((run) => [run, `${run}/by_tokens`]).toSorted());
  const lines = readFileSync(join(killed, "metrics.jsonl"), "utf8").trimEnd().split("\n");
  const steps = lines.map((line) => Line.parse(JSON.parse(line))).filter(({ train_loss: loss }) => loss !== undefined);
  const losses = steps.map(({ train_loss: loss = NaN }) => Math.fround(loss));
  for (const run of runs) {
    expect(shown[run]?.scalars["train/loss"]).toEqual(steps.map(({ step }, i) => [step, losses[i]]));
    expect(shown[`${run}/by_tokens`]?.scalars["by_tokens/train/loss"]).toEqual(
      steps.map(({ tokens }, i) => [tokens, losses[i]]),
    );
    for (const tag of ["validation/loss", "validation/bits_per_byte", "test/loss", "validation/best_loss"])
      expect(shown[run]?.scalars[tag]).toEqual(shown["whole"]?.scalars[tag]);
    expect(shown[run]?.scalars["validation/loss"]?.map(([step]) => step)).toEqual([6, 12, 18, 24, 30, 36, 40]);
    expect(shown[run]?.texts["samples/text"]).toEqual(shown["whole"]?.texts["samples/text"]);
    expect(shown[run]?.hparams).toMatchObject({ learning_rate: 3e-3, optimizer: "adamw", "model_config.n_embd": 16 });
    expect(shown[run]?.ended).toBe(1);
  }
});
