import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { TrainerClient } from "@trainer/client";
import { aNumber, containing, matching, withItem } from "@trainer/testing";
import { request } from "@trainer/testing/system";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { startRemote, type Remote } from "./remote-system.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let remote: Remote;
beforeAll(async () => {
  remote = await startRemote({ cancel: 50 });
  for (const [id, fields] of [
    ["one", {}],
    ["two", { learning_rate: 0.01 }],
  ] as const)
    await remote.system.train(id, fields);
  for (const id of ["one", "two"]) await remote.system.ended(id);
});
afterAll(() => remote[Symbol.asyncDispose]());

const folder = (...names: string[]) => join(remote.system.root, ...names);

test("runs of a server are compared as those of this machine are", async () => {
  const { trainer, json, on } = remote;
  const { stdout, code } = await trainer(on("compare", "one", "two"));
  expect(code).toBe(0);
  expect(stdout).toMatch(/learning_rate +0\.003 +0\.01/);
  expect(stdout).toMatch(/validation loss: .*one.*two/);
  const { last } = await json(on("compare", "one", "two"));
  expect(last).toMatchObject({ runs: ["one", "two"], same_text: true, config: { learning_rate: [0.003, 0.01] } });
  expect((await json(["compare", "one", "two"])).last).toEqual(last); // the server's home is this one here
  expect(await trainer(on("compare", "one"))).toMatchObject({ code: 2, stderr: containing("give two runs or more") });
});

test("a run of a server is exported to a folder that opens here, and nothing else is left of it", async () => {
  const { system, trainer, json, on } = remote;
  const out = folder("exports", "model");
  const { last, stderr } = await json(on("export", "one", "--out", out));
  expect(stderr).toContain("fetching run one");
  expect(last).toMatchObject({ path: out, files: withItem("model.safetensors") });
  expect(readdirSync(folder("exports"))).toEqual(["model"]);
  const scored = async (run: string) => (await json(["score", run, "--text", "the king hath"])).last;
  expect(await scored(out)).toEqual(await scored("one"));
  const asFile = await trainer(on("export", "one", "--gguf", "f32", "--out", folder("exports", "one.gguf")));
  expect(asFile).toMatchObject({ code: 1, stderr: containing("there is no GGUF of this model: it is a char_lstm") });
  const again = await trainer(on("export", "one", "--out", out));
  expect(again).toMatchObject({ code: 2, stderr: containing("--force") });
  expect(await trainer(on("export", "one", "--out", out, "--force"))).toMatchObject({ code: 0 });
  await system.runs.create("waiting", 0n, request());
  const none = await trainer(on("export", "waiting", "--out", folder("exports", "none")));
  expect(none).toMatchObject({ code: 1, stderr: containing("run waiting has no archive, as completed runs have") });
  const read = vi.spyOn(TrainerClient.prototype, "archive");
  read.mockResolvedValueOnce(Readable.from([Buffer.from("no archive")]));
  const broken = await trainer(on("export", "one", "--out", folder("exports", "none")));
  read.mockRestore();
  expect(broken).toMatchObject({ code: 1 });
  expect(readdirSync(folder("exports"))).toEqual(["model"]);
});

test("the runs of a server are the same table as those of its home, with what waits there", async () => {
  const { trainer, json, on } = remote;
  const [there, here] = [folder("there.csv"), folder("here.csv")];
  expect((await json(on("runs", "export", "--csv", there))).last).toMatchObject({ files: [there] });
  await trainer(["runs", "export", "--csv", here]);
  const rowsOf = (path: string) => readFileSync(path, "utf8").trimEnd().split("\r\n");
  const [head = "", ...rows] = rowsOf(there);
  const begun = rows.filter((row) => !row.startsWith("waiting,"));
  expect(rows.filter((row) => row.startsWith("waiting,"))).toEqual([matching(/^waiting,queued,false,+$/)]);
  const [ours = "", ...local] = rowsOf(here);
  expect(head).toBe(ours);
  const alike = (row: string) => row.replace(/,(?:true|false),/, ","); // the server says what its file service has
  expect(begun.map(alike).toSorted()).toEqual(local.map(alike).toSorted());
  expect(await trainer(on("runs", "export"))).toMatchObject({ code: 2, stderr: containing("a file is needed") });
});

test("a run of a server that was stopped goes on to the losses that it would have had", async () => {
  const { system, trainer, json, on } = remote;
  const long = { num_epochs: 8, early_stopping_patience: 100 };
  await system.train("whole", long);
  expect((await system.ended("whole")).status).toBe("completed");
  await system.train("cut", long);
  await system.until("cut", ({ training }) => training !== null);
  expect((await trainer(on("cancel", "cut"))).code).toBe(0);
  const cut = await system.ended("cut");
  expect(cut).toMatchObject({ status: "failed", message: "Training cancelled" });
  const { code, last, stderr } = await json(on("resume", "cut"));
  expect([code, stderr]).toEqual([0, containing("run        cut (")]);
  const { step = 0, test_loss, best_val_loss } = (await system.runs.get("whole"))?.training ?? {};
  expect(cut.training?.step).toBeLessThan(step);
  expect(last).toMatchObject({ status: "completed", step, test_loss, best_val_loss });
  const again = await trainer(on("resume", "cut"));
  expect(again).toMatchObject({ code: 1, stderr: containing("run cut is completed: a new run") });
  await vi.waitUntil(() => !existsSync(folder("models", "cut"))); // its files are in the file service alone now
  const further = await trainer(on("resume", "cut", "--max-steps", "999"));
  expect(further).toMatchObject({ code: 1, stderr: containing("no checkpoint of it is here") });
});

test("a run that failed for want of its text is taken up again once that is there", async () => {
  const { system, trainer, on } = remote;
  await system.train("late", { corpus_path: "late.txt", num_epochs: 1 });
  expect((await system.ended("late")).status).toBe("failed");
  const early = await trainer(on("resume", "late"));
  expect(early).toMatchObject({ code: 1, stderr: containing(`trainer resume late --server ${remote.url}`) });
  copyFileSync(folder("corpus", "corpus.txt"), folder("corpus", "late.txt"));
  expect((await trainer(on("resume", "late"))).stdout).toContain("Done: ");
});

test("what a server does not read is made one text by the command that is proposed for it", async () => {
  const { trainer, json, on, corpus } = remote;
  const refused = await trainer(on("train", corpus, corpus));
  expect(refused.stderr).toContain("`trainer corpus add` makes one of what you have, and prints the id");
  const { file_id: id } = z
    .looseObject({ file_id: z.string() })
    .parse((await json(["corpus", "add", corpus, corpus])).last);
  const tiny = "--model char_lstm --size tiny --max-seq-len 32 --max-steps 2".split(" ");
  expect(await json(on("train", id, ...tiny))).toMatchObject({ code: 0, last: { status: "completed", step: 2 } });
});

test("runs of a server are removed, with their files, once they have ended", async () => {
  const { system, trainer, json, on } = remote;
  const { last } = await json(on("runs", "rm", "late", "two"));
  expect(last).toEqual({ removed: ["late", "two"], bytes: aNumber });
  for (const id of ["late", "two"]) {
    expect((await trainer(on("runs", "show", id))).stderr).toContain("run not found");
    expect([folder("models", id), folder("archived", `${id}.json`)].filter((path) => existsSync(path))).toEqual([]);
  }
  const { last: newest } = await json(on("runs", "rm", "latest"));
  expect(newest).toMatchObject({ removed: [matching(/^char_lstm-tiny-/)] });
  await system.runs.create("soon", 0n, request());
  const soon = await trainer(on("runs", "rm", "soon"));
  expect(soon).toMatchObject({ code: 1, stderr: containing("run soon is queued: stop it before it is removed") });
  expect((await trainer(on("runs", "rm", "tw"))).stderr).toContain("run not found"); // by its beginning alone, none is
});

test("a server trains the tokenizer that this machine would", async () => {
  const { trainer, json, on, corpus } = remote;
  const flags = ["--method", "char", "--document", "line", "--holdout-fraction", "0.1", "--seed", "3"];
  const there = z
    .looseObject({ tokenizer_id: z.string() })
    .parse((await json(on("tokenizer", "train", corpus, ...flags))).last);
  const here = z
    .looseObject({ stats: z.looseObject({}) })
    .parse((await json(["tokenizer", "train", corpus, ...flags, "--out", folder("here")])).last);
  const { coverage, char_coverage, token_count } = here.stats;
  expect(there).toMatchObject({ status: "completed", coverage, char_coverage, token_count });
  const file = (...names: string[]) => readFileSync(folder(...names, "tokenizer.json"), "utf8");
  expect(file("tokenizers", there.tokenizer_id)).toBe(file("here"));
  const { stdout, stderr } = await trainer(on("tokenizer", "train", corpus, "--vocab-size", "300"));
  expect(stderr).toMatch(/corpus +[0-9a-f]{64}\ntokenizer +tok-\d+\n/);
  expect(stdout).toMatch(
    /^tokenizer +tok-\d+\ncoverage [^]*Next:\n {2}trainer train my-text.txt --tokenizer tok-\d+ --server /,
  );
  expect((await trainer(on("tokenizer", "train", corpus))).code).toBe(0); // as large as suits the text
  const [base = ""] = /tok-\d+/.exec(stdout) ?? [];
  writeFileSync(folder("own.txt"), "die Müllerin mahlt das Mehl\n".repeat(30));
  const extend = (of: string, ...more: string[]) =>
    ["tokenizer", "extend", of, "--corpus", folder("own.txt"), "--add", "9"].concat(more);
  const extended = z.looseObject({ tokenizer_id: z.string() }).parse((await json(on(...extend(base)))).last);
  await json(extend(folder("tokenizers", base), "--out", folder("extended")));
  expect(file("tokenizers", extended.tokenizer_id)).toBe(file("extended"));
});

test("a tokenizer that a server cannot train is refused before anything is sent, or says why", async () => {
  const { trainer, on } = remote;
  const refused = async (...line: string[]) => await trainer(on("tokenizer", "train", ...line));
  expect(await refused("a.txt", "--vocab-size", "100")).toMatchObject({
    code: 2,
    stderr: containing("too small for bpe"),
  });
  expect(await refused("a.txt", "--out", "x")).toMatchObject({
    code: 2,
    stderr: containing("--out: a server does not"),
  });
  writeFileSync(folder("blank.txt"), "\n\n");
  const failed = await refused(folder("blank.txt"));
  expect(failed).toMatchObject({ code: 1, stderr: matching(/error: tokenizer tok-\d+: there is no text/) });
  const waited = vi.spyOn(TrainerClient.prototype, "waitForTokenizer");
  const unmeasured = { coverage: null, oov_rate: null, token_count: null, char_coverage: null };
  waited.mockResolvedValueOnce({ tokenizer_id: "tok-1", artifact_path: "", status: "failed", ...unmeasured });
  expect((await refused(folder("blank.txt"))).stderr).toContain("error: tokenizer tok-1: failed"); // an older server's
  waited.mockRestore();
});
