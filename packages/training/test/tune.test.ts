import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny } from "@trainer/testing";
import { chat, evaluate, openHome, openModel, readManifest, resume, train, type RunEvent } from "@trainer/training";
import { afterEach, beforeEach, expect, test } from "vitest";
import { outcome } from "./run-files.js";

let home = "";
beforeEach(() => (home = scratchPath("tune")));
afterEach(() => rmSync(home, { recursive: true }));

const run = (id: string) => join(home, "models", id);

function chats(): string {
  const path = join(home, "chats.jsonl");
  const asked = Array.from({ length: 60 }, (_, i) => ({
    instruction: `Say ${i}`,
    output: i === 7 ? "這是一個很長的答案，沒有地方可以放下它，所以它的結尾被省略了。" : `It is ${i}.`,
  }));
  writeFileSync(path, asked.map((record) => JSON.stringify(record)).join("\n"));
  return path;
}

test("conversations are learnt, cut short and resumed to the bit, and the model answers by their template", async () => {
  const base = { ...tiny, corpus: chats(), format: "alpaca", maxSeqLen: 48, batchSize: 4, maxSteps: 8 } as const;
  const options = { ...base, checkpointEvery: 3, gradAccumSteps: 2, maskDocuments: true, evalEvery: 4 } as const;
  const events: RunEvent[] = [];
  const whole = await train({ ...options, runId: "whole" }, { home, onEvent: (event) => events.push(event) });
  expect(whole.splits?.train.conversations).toMatchObject({
    turns: 2 * Number(whole.splits?.train.documents),
    dropped: 0,
  });
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  expect(warnings).toContain(
    "conversations are longer than a sequence: of 1 the end is left out; --max-seq-len makes it longer",
  );
  expect(whole.verdict.join(" ")).not.toContain("gzip");

  const stop = new AbortController();
  const onEvent = (event: RunEvent) => {
    if (event.type === "step" && event.step === 5) stop.abort();
  };
  const cut = await train({ ...options, runId: "cut" }, { home, onEvent, signal: stop.signal });
  expect([cut.status, (await resume("cut", { home })).status]).toEqual(["interrupted", "completed"]);
  expect(outcome(run("cut"))).toEqual(outcome(run("whole")));

  using opened = await openModel("whole", { home: openHome(home) });
  const end = opened.tokenizer.encode("<|im_end|>", { specialTokens: true })[0];
  expect(opened.ends.has(Number(end))).toBe(true);
  const reply = await chat(opened, [], "Say 3", { maxNewTokens: 4, seed: 1 });
  expect(reply).toMatchObject({ format: "template", templateProblem: null });
  const again = await evaluate(opened, { prompts: [] }, { home: openHome(home) });
  const manifest = await readManifest(join(run("whole"), "manifest.json"));
  expect(again.loss).toBeCloseTo(Number(manifest?.best_val_loss), 5);
  expect(readFileSync(join(run("whole"), "tokenizer_config.json"), "utf8")).toContain("im_start");

  // Another text is read as in training, or as it is asked to be.
  const asked = await evaluate(opened, { path: join(home, "chats.jsonl"), prompts: [] }, { home: openHome(home) });
  expect([asked.split, asked.documents]).toEqual(["external", 60]);
  writeFileSync(join(home, "some.txt"), "It is 3.");
  const plain = { path: join(home, "some.txt"), format: "text" as const, prompts: [] };
  expect((await evaluate(opened, plain, { home: openHome(home) })).bytes).toBe(8);

  // A model of texts, whose tokenizer has no tokens for turns, writes them as lines.
  const text = join(home, "text.txt");
  writeFileSync(text, Array.from({ length: 40 }, (_, i) => `The ${i} th line.`).join("\n"));
  await train({ ...tiny, corpus: text, maxSeqLen: 48, maxSteps: 1, evaluate: false, runId: "texts" }, { home });
  await train(
    { ...base, maxSteps: 1, pretrainedRunId: "texts", maxSeqLen: null, evaluate: false, runId: "tuned" },
    { home },
  );
  using tuned = await openModel("tuned", { home: openHome(home) });
  expect(tuned.chatTemplate).toContain("Assistant:");
  expect([...tuned.ends]).toEqual([tuned.tokenizer.specials.eos]);
});
