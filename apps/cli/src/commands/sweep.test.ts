import { rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, writeCorpus } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TINY } from "../../test/corpus.js";
import { testIo } from "../../test/screen.js";
import { EXIT } from "../process/exit-codes.js";
import { Stopped } from "../process/interrupts.js";
import { run } from "../program.js";

let folder = "";
beforeAll(() => {
  folder = scratchPath("sweep-command");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a sweep that is stopped says how to go on, and the same command does", async () => {
  const text = writeCorpus(join(folder, "text.txt"));
  const line = ["sweep", text, ...TINY, "--max-steps", "6", "--no-evaluate", "--home", join(folder, "home")];
  const vary = ["--vary", "learning-rate=0.001,0.01"];
  const stop = new AbortController();
  const io = testIo({ interruptible: (body) => body(stop.signal) });
  const write = io.stderr.write.bind(io.stderr);
  io.stderr.write = (words) => {
    if (words.includes("after 100 %")) stop.abort(new Stopped("SIGINT", EXIT.interrupted));
    return write(words);
  };
  expect(await run([...line, ...vary], io)).toBe(EXIT.interrupted);
  expect(io.stderr.text).toContain("The same command goes on.");
  const again = testIo();
  expect(await run([...line, ...vary], again)).toBe(EXIT.done);
  expect(again.stdout.text).toMatch(/run +learning-rate +trained +bits per byte/);
});
