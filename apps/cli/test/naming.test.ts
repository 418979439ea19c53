import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { containing, matching } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { TINY } from "./corpus.js";
import { until } from "./serving.js";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  at = await homeWithRun();
  const second = ["train", at.corpus, ...TINY, "--max-steps", "2", "--run-id", "one-b", "--no-evaluate"];
  await at.trainer(second);
  mkdirSync(join(at.home, "models", "two-a"));
  mkdirSync(join(at.home, "models", "two-b"));
});

test.each([
  [["runs", "show"], []],
  [["logs"], []],
  [["score"], ["--text", "the cat"]],
  [["generate"], ["--prompt", "the cat", "--max-new-tokens", "1"]],
  [["eval"], ["--no-samples"]],
  [["chat"], ["--max-new-tokens", "1"]],
  [["compare", "one"], []],
])("%j takes latest and the beginning of an id, and names all that begin so", async (command, options) => {
  for (const ref of ["latest", "one-", "one-b"])
    expect(await at.trainer([...command, ref, ...options])).toMatchObject({ code: 0 });
  expect(await at.trainer([...command, "tw", ...options])).toMatchObject({
    code: 1,
    stderr: containing('several runs begin with "tw": two-a, two-b'),
  });
  expect(await at.trainer([...command, "nobody", ...options])).toMatchObject({
    code: 1,
    stderr: containing('no run "nobody"'),
  });
});

test("options that name a run take these too, and a run remembers the whole id", async () => {
  const tuned = ["train", at.corpus, ...TINY.slice(2), "--pretrained", "one-", "--max-steps", "1", "--run-id", "tuned"];
  expect((await at.trainer([...tuned, "--no-evaluate"])).code).toBe(0);
  const { last } = await at.json(["runs", "show", "tuned"]);
  expect(last).toMatchObject({ manifest: { config: { pretrained_run_id: "one-b" } } });
  const { stdout } = await at.trainer(["eval", "one", "--against", "one-", "--no-samples"]);
  expect(stdout).toContain("one-b");
  expect((await at.trainer(["runs", "rm", "tuned"])).code).toBe(0);
});

test("a run is removed by its whole id or as the latest, never by a beginning", async () => {
  const train = ["train", at.corpus, ...TINY, "--max-steps", "1", "--no-evaluate", "--run-id"];
  expect((await at.trainer([...train, "gone-1"])).code).toBe(0);
  expect(await at.trainer(["runs", "rm", "gone"])).toMatchObject({
    code: 1,
    stderr: containing("did you mean gone-1"),
  });
  expect(await at.trainer(["runs", "rm", "latest"])).toMatchObject({ code: 0, stdout: containing("removed gone-1:") });
  expect(await at.trainer([...train, "latest"])).toMatchObject({ code: 2, stderr: containing("choose another name") });
});

test("a run of this machine is followed to its end, from another terminal", async () => {
  const log = join(at.home, "models", "live", "logs.jsonl");
  const train = at.trainer([
    "train",
    at.corpus,
    ...TINY,
    "--max-steps",
    "300",
    "--log-every",
    "50",
    "--no-evaluate",
    "--run-id",
    "live",
  ]);
  await until(() => existsSync(log));
  const followed = await at.trainer(["logs", "live", "--follow", "--tail", "1"]);
  expect((await train).code).toBe(0);
  expect(followed).toMatchObject({
    code: 0,
    stderr: containing("The run has ended. How: trainer runs show live --home"),
  });
  expect(followed.stdout).toMatch(
    /INFO {4}step 300 {2}loss \d\.\d+ {2}ppl [\d.]+ {2}lr 5\.00e-4 {2}grad [\d.]+ {2}[\d.]+k? tokens\/s\n[^]*run completed/,
  );
  await appendFile(log, '{"timestamp":"cut o');
  expect((await at.trainer(["logs", "live", "--tail", "1"])).stdout).toBe('{"timestamp":"cut o\n');
  expect((await at.json(["logs", "live", "--tail", "1"])).last).toEqual({ unreadable: '{"timestamp":"cut o' });
  rmSync(log);
  expect(await at.trainer(["logs", "live"])).toMatchObject({ code: 0, stdout: "", stderr: matching(/no log yet/) });
  mkdirSync(log);
  writeFileSync(join(log, "x"), "");
  expect(await at.trainer(["logs", "live"])).toMatchObject({ code: 1, stderr: containing("is a folder") });
});
