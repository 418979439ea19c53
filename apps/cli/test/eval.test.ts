import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aNumber, containing, withFields } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { TINY } from "./corpus.js";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  at = await homeWithRun();
  const worse = ["--max-steps", "1", "--learning-rate", "0", "--run-id", "worse", "--no-evaluate"];
  await at.trainer(["train", at.corpus, ...TINY, ...worse]);
});

test("a run was evaluated at its end, so that eval has something to compare with", async () => {
  const { code, stdout } = await at.trainer(["eval", "one"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/bits per byte {2}\d\.\d+ {3}per character \d\.\d+\n/);
  expect(stdout).toMatch(/\ndocuments +\d+ of \d+ to \d+ tokens, \d+ on average\n/);
  expect(stdout).toMatch(/\nsamples +5 of /);
  expect(stdout).toMatch(/\nCOMPARED +the evaluation before +NOW +CHANGE\n/);
  expect(stdout).toMatch(/\nloss +\d\.\d+ +\d\.\d+ +\+0\.00 %\n/);
});

test("what is worse than another run's is a regression, told apart and for scripts", async () => {
  const line = ["eval", "worse", "--against", "one", "--no-samples", "--device", "cpu"];
  const { last } = await at.json(line);
  expect(last).toMatchObject({
    compared_with: "one",
    same_text: true,
    regressions: ["loss", "perplexity", "bits_per_byte", "bits_per_character"],
    bits_per_character: aNumber,
    sample_lengths: null,
  });
  expect((await at.trainer(line)).stdout).toMatch(/loss .* regression\n/);
  const lenient = await at.json([...line, "--regression-threshold", "100"]);
  expect(lenient.last).toMatchObject({ regressions: [] });
  const never = await at.trainer(["eval", "one", "--against", "worse", "--split", "test", "--no-samples"]);
  expect(never).toMatchObject({ code: 1, stderr: containing("worse has not been evaluated on its test split yet") });
});

test("a run on another text is compared with a warning", async () => {
  const other = join(at.folder, "other.txt");
  await writeFile(other, "another text, in lines of its own\n".repeat(80));
  await at.trainer(["train", other, ...TINY, "--max-steps", "1", "--run-id", "other"]);
  const { stdout } = await at.trainer(["eval", "one", "--against", "other", "--no-samples"]);
  expect(stdout).toContain("they are not the same");
});

test("prompts of one's own come from a file, a line each", async () => {
  const prompts = join(at.folder, "prompts.txt");
  await writeFile(prompts, "the cat\n\nmy friend\r\n");
  const { last } = await at.json(["eval", "one", "--prompts", prompts, "--stride", "8"]);
  expect(last).toMatchObject({
    stride: 8,
    samples: [withFields({ prompt: "the cat" }), withFields({ prompt: "my friend" })],
    sample_lengths: { count: 2 },
    compared_with: null,
    regressions: [],
  });
  const both = await at.trainer(["eval", "one", "--prompts", prompts, "--no-samples"]);
  expect(both).toMatchObject({ code: 2, stderr: containing("exclude each other") });
});

test("what of a text is not evaluated is told", async () => {
  const folder = join(at.folder, "odd");
  await mkdir(folder);
  await writeFile(join(folder, "a.txt"), Buffer.from("the caf\u00e9 of the old king sees the cat", "latin1"));
  await writeFile(join(folder, "b.pdf"), "%PDF");
  const { last, stderr } = await at.json(["eval", "one", "--path", folder, "--no-samples"]);
  expect(last).toMatchObject({ left_out: { files: { count: 1 }, characters: { count: 1 } } });
  expect(stderr).toContain("warning: 1 file was not read (1 .pdf): ");
  expect((await at.json(["eval", "one", "--no-samples"])).last).toMatchObject({ left_out: null });
});

test("a whole file as one document is told as one length", async () => {
  const { stdout } = await at.trainer(["eval", "one", "--path", at.corpus, "--document", "file", "--no-samples"]);
  expect(stdout).toMatch(/\ndocuments +1 of [\d,]+ tokens\n/);
});
