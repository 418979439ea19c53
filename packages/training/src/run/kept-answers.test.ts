import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { matching, scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { binsFolder, openHome } from "../home/home.js";
import { cleanBins } from "../cleanup/clean-bins.js";
import { BinsCleanupConfig } from "../cleanup/config.js";
import { parseTrainOptions } from "../options/options.js";
import type { RunEvent } from "./events.js";
import { keptAnswers } from "./kept-answers.js";

const options = { ...parseTrainOptions({ corpus: "a.txt", teacher: "wise", kdCache: true, kdTopK: 4 }), maxSeqLen: 8 };
const text = { key: "bins", train: { tokens: 801 } };
const reading: Parameters<typeof keptAnswers>[2] = {
  texts: [text],
  vocabulary: 300,
  seqLen: 8,
  batchSize: 2,
  documentEnd: null,
};
const run = (home: string, changes: object = {}, weights = "w", threads = 1) => ({
  options: { ...options, ...changes },
  compute: { device: "cpu", precision: "fp32" } as const,
  context: { home },
  manifest: { current: { teacher_sha256: weights, threads } },
});
function listening() {
  const [events, warnings]: [RunEvent[], string[]] = [[], []];
  return { events, warnings, emit: (e: RunEvent) => void events.push(e), warn: (w: string) => void warnings.push(w) };
}
const BYTES = 8 * (4 * 2 + 5 * 2); // of a sequence

test("answers are of one teacher, text, arithmetic and way of cutting and asking, and of no seed or batch", async () => {
  await using home = await scratch("kept");
  const cache = binsFolder(openHome(home.path));
  const kept = async (of: Parameters<typeof keptAnswers>[0] = run(home.path), to = reading) => {
    const listener = listening();
    using opened = await keptAnswers(of, listener, to);
    expect(listener.warnings).toEqual([]);
    const [place] = opened.places.map((at) => at(3));
    const before = place?.read() ?? null;
    place?.write(new Uint8Array(BYTES).fill(7));
    return before;
  };
  expect(await kept()).toBeNull();
  expect([...((await kept()) ?? [])]).toEqual(Array.from({ length: BYTES }, () => 7));
  expect(
    await kept(run(home.path, { seed: 5, learningRate: 1, numEpochs: 9 }), { ...reading, batchSize: 9 }),
  ).not.toBeNull();
  const bf16: Parameters<typeof keptAnswers>[0] = { ...run(home.path), compute: { device: "cpu", precision: "bf16" } };
  const others = [
    () => kept(run(home.path, {}, "x")),
    () => kept(run(home.path, {}, "w", 2)),
    () => kept(run(home.path, { kdTemperature: 2 })),
    () => kept(bf16),
    () => kept(run(home.path), { ...reading, texts: [{ ...text, key: "others" }] }),
    () => kept(run(home.path), { ...reading, documentEnd: 3 }),
    () => kept(run(home.path), { ...reading, vocabulary: 301 }),
  ];
  for (const other of others) expect(await other()).toBeNull();
  expect(readdirSync(cache)).toHaveLength(1 + others.length);
  expect((await keptAnswers(run(home.path, { kdCache: false }), listening(), reading)).places).toEqual([]);
  expect((await keptAnswers(run(home.path), listening(), { ...reading, vocabulary: null })).places).toEqual([]);
});

test("their size is told, what the disk has no room for is refused, and no cleanup takes them from a run", async () => {
  await using home = await scratch("kept");
  const listener = listening();
  const clean = async () =>
    (await cleanBins(openHome(home.path), BinsCleanupConfig.parse({ maxBytes: 0 }))).map(({ reason }) => reason);
  {
    using kept = await keptAnswers(run(home.path), listener, { ...reading, texts: [text, { ...text, key: "more" }] });
    for (const at of kept.places) at(0).write(new Uint8Array(BYTES));
    expect(listener.events).toEqual([
      { type: "teacher", bytes: 2 * 100 * (4 + BYTES), keptBytes: 0, bytesPerToken: BYTES / 8 },
    ]);
    expect(await clean()).toEqual(["in_use", "in_use"]);
  }
  const single = { ...reading, texts: [{ ...text, train: { tokens: 9 } }] };
  using _again = await keptAnswers(run(home.path), listener, single);
  expect(listener.events[1]).toMatchObject({ bytes: 4 + BYTES, keptBytes: 4 + BYTES });
  const endless = { ...reading, texts: [{ key: "endless", train: { tokens: 2 ** 50 } }] };
  await expect(keptAnswers(run(home.path), listener, endless)).rejects.toMatchObject({
    code: "INSUFFICIENT_STORAGE",
    message: matching(/^the teacher's answers would take \d+ bytes more in .*kd_top_k/),
  });
  expect((await keptAnswers(run(home.path, { maxSteps: 3 }), listener, endless)).places).toHaveLength(1);
  expect((await clean()).filter((reason) => reason === null)).toHaveLength(1);
});

test("where nothing can be kept that is told, and the run asks in each step", async () => {
  await using home = await scratch("kept");
  writeFileSync(join(home.path, "cache"), "a file in its place");
  const listener = listening();
  using kept = await keptAnswers(run(home.path), listener, reading);
  expect(listener.warnings).toEqual([matching(/^the teacher's answers cannot be kept/)]);
  const [place] = kept.places.map((at) => at(0));
  place?.write(new Uint8Array(BYTES));
  expect(place?.read()).toBeNull();
});
