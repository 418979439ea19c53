import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel, type CausalLm } from "@trainer/models";
import { matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { extendTokenizer, loadTokenizer, trainBpe } from "@trainer/tokenizers";
import { readManifest, resume, train, type RunEvent, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { outcome } from "./run-files.js";

const OWN = ["der König sieht das Meer", "die Königin liebt die Nacht", "kein Ritter fürchtet den Mond"];

let home = "";
let own = "";
let extended = "";
let baseSize = 0;
beforeAll(async () => {
  home = scratchPath("extend-vocabulary");
  await run({ runId: "base", corpus: writeCorpus(join(home, "corpus.txt")), maxSteps: 40 });
  own = join(home, "own.txt");
  writeFileSync(own, Array.from({ length: 200 }, (_, i) => `${OWN[i % 3]}, ${OWN[(i * 7) % 3]}.\n`).join(""));
  const base = await loadTokenizer(dir("base"));
  baseSize = base.vocabSize;
  extended = join(home, "extended");
  await (await extendTokenizer(base, { files: [own], add: 40 })).save(extended);
});
afterAll(() => rmSync(home, { recursive: true }));

const dir = (id: string) => join(home, "models", id);
const fineTuned = { pretrainedRunId: "base", finetuneLrCap: 1e-2 };
async function run(
  options: Partial<TrainInput>,
  context: { signal?: AbortSignal; onStep?: () => void; onStart?: () => void } = {},
) {
  const bits = new Map<string, number | null>();
  const onEvent = (event: RunEvent) => {
    if (event.type === "eval") bits.set(event.split, event.bitsPerByte);
    if (event.type === "start") context.onStart?.();
  };
  await train({ ...tiny, corpus: own, numEpochs: 9, evaluate: false, ...options }, { home, onEvent, ...context });
  return { bits, manifest: await readManifest(join(dir(options.runId ?? ""), "manifest.json")) };
}
async function weights(id: string) {
  const { model } = await loadModel(dir(id));
  return model;
}

test("on own text a model with an extended vocabulary is better in bits per byte after as many steps than without", async () => {
  const without = await run({ ...fineTuned, runId: "without", maxSteps: 20 });
  const grown = await run({ ...fineTuned, runId: "grown", maxSteps: 20, tokenizer: extended });
  expect(grown.manifest).toMatchObject({ status: "completed", vocab_size: baseSize + 40, new_tokens: 40 });
  expect(without.manifest).not.toHaveProperty("new_tokens");
  expect(grown.bits.get("test")).toBeLessThan(Number(without.bits.get("test")) * 0.9);
  expect(await weights("grown")).toMatchObject({ vocabSize: baseSize + 40, config: { vocabSize: baseSize + 40 } });
});

test("what is forgotten of the base's own text is told with the verdict, in bits that tokenizers share", async () => {
  const asked = { ...fineTuned, tokenizer: extended, maxSteps: 20, drift: true, evaluate: true };
  const { manifest } = await run({ ...asked, runId: "drifted" });
  const { drift, words } = manifest?.verdict ?? {};
  expect(drift).toMatchObject({ split: "validation" });
  expect(drift?.after).toBeGreaterThan(Number(drift?.before));
  const [after, before] = [Number(drift?.after).toFixed(2), Number(drift?.before).toFixed(2)];
  expect(words?.at(-1)).toContain(`takes ${after} bits now, and took ${before}: `);
  const { manifest: base } = await run({
    runId: "evaluated",
    corpus: join(home, "corpus.txt"),
    maxSteps: 40,
    evaluate: true,
  });
  expect(drift?.before).toBeCloseTo(Number(base?.evaluation?.bits_per_byte), 9);
  const none = { holdoutFraction: 0, testSplitRatio: 0, maxSteps: 1 };
  await run({ ...none, runId: "all" });
  await expect(run({ ...asked, tokenizer: null, pretrainedRunId: "all" })).rejects.toThrow(
    "has held out no text: leave it out",
  );
  cpSync(dir("all"), join(home, "foreign"), { recursive: true });
  rmSync(join(home, "foreign", "manifest.json"));
  await expect(run({ ...asked, tokenizer: null, pretrainedRunId: join(home, "foreign") })).rejects.toThrow(
    "was not made by a run here",
  );
  await expect(run({ ...asked, pretrainedRunId: null })).rejects.toThrow("only a model that is there can forget");
  await expect(run({ ...asked, verdict: false })).rejects.toThrow("measured with the verdict");
  await expect(run({ ...asked, evaluate: false })).rejects.toThrow("leave `evaluate` on");
});

test("while only new rows are trained nothing else moves, to the bit; a run that was stopped after or in them comes to the same", async () => {
  const rows = { ...fineTuned, tokenizer: extended, trainNewRowsFirst: 4 };
  await run({ ...rows, runId: "rows", maxSteps: 1, finetuneLrCap: 0 });
  const [base, made] = [await weights("base"), await weights("rows")];
  for (const [name, t] of made.params.named()) {
    const before = base.params.named().get(name);
    const isTable = name.endsWith("wte.weight");
    expect([name, before?.equal(isTable ? t.narrow(0, 0, baseSize) : t)]).toEqual([name, true]);
  }

  await run({ ...rows, runId: "whole", maxSteps: 3 });
  const stop = new AbortController();
  await run({ ...rows, runId: "cut", maxSteps: 3 }, { signal: stop.signal, onStep: () => stop.abort() });
  await resume("cut", { home });
  expect(outcome(dir("cut"))).toEqual(outcome(dir("whole")));
  const early = new AbortController();
  const begun = await run(
    { ...rows, runId: "early", maxSteps: 3 },
    { signal: early.signal, onStart: () => early.abort() },
  );
  expect(begun.manifest?.status).toBe("interrupted");
  await run({ ...rows, runId: "early", maxSteps: 3 }); // nothing was saved of it
  expect(outcome(dir("early"))).toEqual(outcome(dir("whole")));
});

test("a tokenizer that does not go on from the model's is refused with both sizes; what contradicts new rows too", async () => {
  const other = join(home, "other");
  const shuffled = await loadTokenizer(dir("base"));
  await (await extendTokenizer(shuffled, { texts: ["xyzxyz ".repeat(9)], add: 2 })).save(other);
  const second = { ...fineTuned, pretrainedRunId: "grown", tokenizer: other, runId: "second", maxSteps: 1 };
  await expect(run(second)).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: matching(/trainer tokenizer extend/),
  });
  const first = { runId: "refused", trainNewRowsFirst: 1, tokenizer: extended, maxSteps: 1 };
  for (const [options, name] of [
    [{}, "pretrainedRunId"],
    [{ pretrainedRunId: "base", loraRank: 2 }, "loraRank"],
    [{ pretrainedRunId: "base", freezeEmbed: true }, "freezeEmbed"],
  ] as const)
    await expect(run({ ...first, ...options })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: matching(new RegExp(`trainNewRowsFirst.*${name}`)),
    });
});

test("where that is asked for any tokenizer is taken, and all but the rows of tokens is the model that was", async () => {
  const other = join(home, "of-own-text");
  await (await trainBpe({ texts: [OWN.join(" ").repeat(9)], vocabSize: 310, specials: ["[EOS]"] })).save(other);
  const asked = { ...fineTuned, tokenizer: other, transferVocabulary: true, maxSteps: 1, finetuneLrCap: 0 };
  const { manifest } = await run({ ...asked, runId: "transferred" });
  const [base, made, size] = [
    await weights("base"),
    await weights("transferred"),
    (await loadTokenizer(other)).vocabSize,
  ];
  expect(manifest).toMatchObject({ status: "completed", vocab_size: size });
  expect(made.configFile()).toMatchObject({ vocab_size: size });
  const stored = z
    .object({ eos_token_id: z.int() })
    .parse(JSON.parse(readFileSync(join(dir("transferred"), "config.json"), "utf8")));
  expect(stored.eos_token_id).toBe(0); // the new tokenizer's
  for (const [name, t] of made.params.named())
    expect([name, name.endsWith("wte.weight") || t.equal(base.params.named().get(name) ?? base.head)]).toEqual([
      name,
      true,
    ]);
  await expect(run({ runId: "new", transferVocabulary: true, maxSteps: 1 })).rejects.toMatchObject({
    message: matching(/transferVocabulary.*pretrainedRunId/),
  });
});

test("an adapter is trained on a model whose vocabulary has grown, and its run has the new rows", async () => {
  await run({ ...fineTuned, runId: "adapter", loraRank: 2, tokenizer: extended, maxSteps: 2 });
  const [grown, base, rows] = [await weights("adapter"), await weights("base"), await weights("rows")];
  expect(grown.vocabSize).toBe(baseSize + 40);
  expect(grown.head.narrow(0, 0, baseSize).equal(base.head)).toBe(true);
  const newRows = ({ head }: CausalLm) => head.narrow(0, baseSize, 40);
  expect(newRows(grown).equal(newRows(rows))).toBe(false); // these were trained, those are means
});
