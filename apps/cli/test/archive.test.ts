import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { containing, matching, scratchPath } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { corpusText, TINY } from "./corpus.js";

let root = "";
let home = "";
let bank: Awaited<ReturnType<typeof startDataBank>>;
beforeAll(async () => {
  root = scratchPath("cli-archive");
  home = join(root, "home");
  const env = {
    PORT: "0",
    MIN_FREE_GB: "0",
    DATA_ROOT: join(root, "bank"),
    API_UPLOAD_KEYS: "key",
    LOG_LEVEL: "fatal",
  };
  bank = await startDataBank(dataBankConfig(env));
});
afterAll(async () => {
  await bank[Symbol.asyncDispose]();
  rmSync(root, { recursive: true });
});
const { trainer, json } = commandLine(() => home);
const env = () => ({ APP__DATA_BANK_API_URL: bank.url, APP__DATA_BANK_API_KEY: "key" });
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const Added = z.object({ file_id: z.string(), path: z.string(), lines: z.int() });

const id = sha256(corpusText);
const models = (run: string) => join(home, "models", run);

test("a text is sent, described, and kept in the cache; several are joined, the same each time", async () => {
  const path = file("corpus.txt", corpusText);
  const added = await trainer(["corpus", "add", path], { env: env() });
  expect(added.code).toBe(0);
  expect(added.stdout).toMatch(
    new RegExp(`^id +${id}\nfiles +1, [^]*scripts [^]*Next:\n  trainer train ${id} --home ${home}\n$`),
  );
  expect(readFileSync(join(home, "corpus_cache", `${id}.txt`), "utf8")).toBe(corpusText);

  const parts = [
    file("one.txt", "\uFEFFone"),
    file("two.jsonl", '{"text":"two\\n"}\n{"text":""}\n{"text":"three"}'),
    file("empty.txt", ""),
    file("four.txt.gz", gzipSync("four\n")),
  ];
  for (let i = 0; i < 2; i++) {
    const { last } = await json(["corpus", "add", ...parts, "--url", bank.url], {
      env: { APP__DATA_BANK_API_KEY: "key" },
    });
    const { file_id: joined, path: cached, lines } = Added.parse(last);
    expect([joined, lines]).toEqual([sha256("one\n\ntwo\n\nthree\n\nfour\n"), 4]);
    expect(readFileSync(cached, "utf8")).toBe("one\n\ntwo\n\nthree\n\nfour\n");
  }
  const unended = Added.parse(
    (await json(["corpus", "add", file("five.jsonl", '{"text":"five"}')], { env: env() })).last,
  );
  expect(unended.file_id).toBe(sha256("five\n"));

  const binary = await trainer(["corpus", "add", file("binary.txt", Buffer.of(1, 0, 2))], { env: env() });
  expect(binary).toMatchObject({ code: 1, stderr: containing("is not text") });
  const nowhere = await trainer(["corpus", "add", path, "--url", "http://127.0.0.1:1"]);
  expect(nowhere).toMatchObject({ code: 1, stderr: matching(/the corpus cannot be sent: .*cannot be reached/) });
});

test("a run is trained on the id of a text and sent; its folder may go, and what uses it brings it back", async () => {
  rmSync(join(home, "corpus_cache"), { recursive: true });
  const trained = await json(["train", id, ...TINY, "--max-steps", "6", "--run-id", "one", "--upload"], { env: env() });
  expect(trained.stderr).toContain(`fetching corpus ${id.slice(0, 12)}`);
  expect(trained).toMatchObject({ code: 0, stderr: matching(/sending run one [^]*run one: [\d.]+ .iB sent/) });
  expect(trained.last).toMatchObject({ run_id: "one", removed: false });

  const sent = await trainer(["runs", "upload", "one", "--clean"], { env: env() });
  expect(sent).toMatchObject({ code: 0, stderr: containing("its folder: removed") });
  expect(sent.stdout).toMatch(/^[0-9a-f]{64}\n$/);
  expect(existsSync(models("one"))).toBe(false);
  expect(await json(["runs", "upload", "one"], { env: env() })).toMatchObject({
    last: { run_id: "one", file_id: sent.stdout.trim(), bytes: null, removed: true },
    stderr: containing("run one: sent and cleaned away before"),
  });

  expect((await trainer(["runs"])).stdout).toMatch(/^one +archived .* 6 .* archived$/m);
  expect((await json(["runs"])).last).toMatchObject({ runs: [{ run_id: "one", archived: true }] });
  expect((await trainer(["runs", "show", "one"])).stdout).toContain(`archived    as file ${sent.stdout.trim()}`);
  expect((await trainer(["logs", "one", "--tail", "1"])).stdout).toContain("run completed");
  expect((await trainer(["compare", "one", "one"])).code).toBe(0);
  writeFileSync(join(home, "archived", "torn.json"), "{");
  expect((await trainer(["runs", "show", "torn"])).stdout).toContain("archived    as file ?");
  expect((await trainer(["runs"])).stdout).toMatch(/^torn +damaged .* archived$/m);
  expect((await trainer(["runs", "rm", "torn"])).code).toBe(0);

  const score = ["score", "one", "--text", "the cat sees the moon"];
  expect(await trainer(score)).toMatchObject({ code: 1, stderr: containing("run one was cleaned away") });
  const uses = [
    score,
    ["generate", "one", "--prompt", "the cat", "--max-new-tokens", "2"],
    ["eval", "one", "--no-samples", "--out", join(root, "eval")],
    ["chat", "one", "--max-new-tokens", "1"],
    ["export", "one", "--out", join(root, "exported")],
    ["find-batch", "--pretrained", "one", "--max-batch-size", "1", "--threads", "1"],
    ["train", id, ...TINY, "--pretrained", "one", "--max-steps", "1", "--run-id", "two", "--vocab-size", "300"],
  ];
  for (const line of uses) {
    const used = await trainer(line, { env: env(), stdin: "the cat\n" });
    expect([line[0], used.code, used.stderr]).toEqual([line[0], 0, containing("bringing back run one")]);
    expect((await trainer(["cleanup", "runs"])).stdout).toMatch(/^one .* removed$/m);
  }
  await trainer(["eval", "one", "--no-samples"], { env: env() }); // what was sent does not have that
  expect((await trainer(["cleanup", "runs"])).stdout).toMatch(/^one .* stays: its archive is not known/m);
}, 120_000);

test("an id of a text is looked at like its files, and stands alone", async () => {
  expect((await trainer(["corpus", "show", id])).stdout).toContain("lines       240");
  expect(await trainer(["corpus", "show", id, join(root, "corpus.txt")])).toMatchObject({
    code: 2,
    stderr: containing("give it alone, or paths"),
  });
  const none = "0".repeat(64);
  expect(await trainer(["corpus", "show", none], { env: env() })).toMatchObject({
    code: 1,
    stderr: containing(`the file service has no corpus ${none}`),
  });
});

test("a cleanup that fails after the run was sent is told, and the run counts as sent", async () => {
  const inTheWay = join(home, "archived", "stuck.logs.jsonl");
  const trained = await trainer(["train", id, ...TINY, "--max-steps", "1", "--run-id", "stuck"], { env: env() });
  expect(trained.code).toBe(0);
  mkdirSync(join(inTheWay, "there"), { recursive: true });
  const sent = await json(["runs", "upload", "stuck", "--clean"], { env: env() });
  rmSync(inTheWay, { recursive: true });
  expect(sent).toMatchObject({ code: 0, last: { removed: false }, stderr: containing("The run's folder stays: ") });
  expect(readdirSync(models("stuck"))).toContain("model.safetensors");
});

test("the beginning of a corpus whose fetching broke off is listed as that", async () => {
  writeFileSync(join(home, "corpus_cache", `${"a".repeat(64)}.txt.${"a".repeat(16)}.part`), "x");
  expect((await trainer(["corpus", "list"])).stdout).toMatch(/^a{64} +1 B +\S+ +in part$/m);
});
