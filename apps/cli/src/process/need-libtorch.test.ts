import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { matching, scratch } from "@trainer/testing";
import { setupProgram } from "@trainer/torch/libtorch";
import { expect, test, vi } from "vitest";
import { testIo } from "../../test/screen.js";
import { Stopped } from "./interrupts.js";
import { needLibtorch } from "./need-libtorch.js";

const notes: string[] = [];
const loud = { quiet: false, note: (line: string) => void notes.push(line) };
const quiet = { ...loud, quiet: true };
const isMissing = () => true;

test("nothing is fetched where nothing is missing", async () => {
  expect(await needLibtorch(testIo(), loud)).toBe(false);
  expect(notes).toEqual([]);
});

test("what is missing is fetched, and it is said where to", async () => {
  await using folder = await scratch();
  const program = join(folder.path, "setup.mjs");
  writeFileSync(program, "process.exit(process.env.ASKED === 'so' ? 0 : 1)");
  const io = { ...testIo(), env: { ASKED: "so" } };
  expect(await needLibtorch(io, loud, { isMissing, program })).toBe(true);
  expect(notes.join()).toMatch(/^libtorch is fetched once, into .* \(TRAINER_CACHE\)/);
});

test("no network is a sentence that says what to do, and nothing half-made stays", async () => {
  await using folder = await scratch();
  const env = {
    ...process.env,
    TRAINER_CACHE: folder.path,
    LIBTORCH: "",
    LIBTORCH_VARIANT: "cpu",
    PIP_RETRIES: "1",
    PIP_INDEX_URL: "http://127.0.0.1:9/simple",
    PIP_EXTRA_INDEX_URL: "",
    PIP_FIND_LINKS: folder.path,
  };
  const failed = needLibtorch({ ...testIo(), env }, quiet, { isMissing });
  await expect(failed).rejects.toMatchObject({
    code: "LIBTORCH_MISSING",
    message: matching(
      /^torch==2\.15\.0 could not be fetched: pip does not reach .*PIP_FIND_LINKS=<folder> .*LIBTORCH/s,
    ),
  });
  expect(readdirSync(folder.path)).toEqual([matching(/\.wheels$/)]);
});

test("a cache that cannot be written is one sentence that says what to set", async () => {
  const env = { TRAINER_CACHE: "/dev/null/cache", LIBTORCH_VARIANT: "cpu" };
  const failed = needLibtorch({ ...testIo(), env }, quiet, { isMissing });
  await expect(failed).rejects.toThrow(/^Downloads are kept in \/dev\/null\/cache, .*: set TRAINER_CACHE to .*\.$/);
});

test("a machine without Python is told what to install", async () => {
  await using folder = await scratch();
  const env = { TRAINER_CACHE: folder.path, LIBTORCH_VARIANT: "cpu", PATH: folder.path };
  const failed = needLibtorch({ ...testIo(), env }, quiet, { isMissing, program: setupProgram });
  await expect(failed).rejects.toThrow(/^There is no python3 here, .*apt-get install python3-pip/);
});

test("a request to stop ends what fetches, and is no failure", async () => {
  await using folder = await scratch();
  const program = join(folder.path, "setup.mjs");
  const begun = join(folder.path, "begun");
  writeFileSync(
    program,
    `import { writeFileSync } from "node:fs"; setInterval(() => {}, 1000); writeFileSync(${JSON.stringify(begun)}, "");`,
  );
  const controller = new AbortController();
  const io = { ...testIo(), interruptible: <T>(body: (signal: AbortSignal) => Promise<T>) => body(controller.signal) };
  const stopped = new Stopped("SIGINT", 130);
  const needed = needLibtorch(io, quiet, { isMissing, program });
  await Promise.all([
    expect(needed).rejects.toBe(stopped),
    vi.waitUntil(() => existsSync(begun)).then(() => controller.abort(stopped)),
  ]);
});
