import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aNumber, aString, containing } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { TINY } from "./corpus.js";
import { homeWithRun, type TestHome } from "./trained.js";

let at: TestHome;
beforeAll(async () => {
  const shared = ["--eval-every", "2", "--log-every", "1", "--run-id"];
  at = await homeWithRun(["--eval-every", "2", "--log-every", "1"]);
  const train = ["train", at.corpus, ...TINY, "--max-steps", "8"];
  await at.trainer([...train, "--n-embd", "16", ...shared, "two"]);
  await at.trainer([...train, "--vocab-size", "280", "--lr-schedule", "cosine", ...shared, "three"]);
});

test("runs stand side by side: what differs alone, metrics, and their curves in one picture", async () => {
  const { code, stdout } = await at.trainer(["compare", "one", "two"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ASKED +one +two\n/);
  expect(stdout).toMatch(/\nmodel_config.n_embd +32 +16\n/);
  expect(stdout).toMatch(/\nmax_steps +6 +8\n/);
  expect(stdout).not.toContain("batch_size");
  expect(stdout).toMatch(/\nsteps +6 +8\n/);
  expect(stdout).toMatch(/\ntest_loss +\d\.\d+ +\d\.\d+\n/);
  expect(stdout).toContain("validation loss:  o one   x two");
  expect(stdout).toContain("step 8");
});

test("--json has the same for scripts", async () => {
  const { last } = await at.json(["compare", "one", "two", "three"]);
  expect(last).toMatchObject({
    runs: ["one", "two", "three"],
    config: {
      "model_config.n_embd": [32, 16, 32],
      max_steps: [6, 8, 8],
      lr_schedule: ["constant", "constant", "cosine"],
    },
    metrics: { test_loss: [aNumber, aNumber, aNumber], steps: [6, 8, 8] },
  });
});

test("other tokenizers mean other tokens, and the best of a metric is marked on a terminal", async () => {
  const { stdout } = await at.trainer(["compare", "one", "three"], { tty: true });
  expect(stdout).toMatch(/\nlr_schedule +constant +cosine\n/);
  expect(stdout).toContain("bits per byte compare, losses and perplexities do not");
  expect(stdout.slice(stdout.indexOf("test_loss"))).toContain("\u001B[32m");
});

test("a run beside itself was asked the same and has no best", async () => {
  const { stdout } = await at.trainer(["compare", "one", "one"], { tty: true });
  expect(stdout).toContain("They were asked the same.");
  expect(stdout).not.toContain("\u001B[32m");
});

test("runs without validation are drawn by their training losses, and what is not known is a dash", async () => {
  const copy = join(at.home, "models", "early");
  await mkdir(copy);
  const manifest = await readFile(join(at.home, "models", "one", "manifest.json"), "utf8");
  await writeFile(join(copy, "manifest.json"), manifest.replace(/"test_loss": [\d.]+/, '"test_loss": null'));
  const line = (step: number) => `${JSON.stringify({ step, train_loss: 5 - step })}\n`;
  await writeFile(join(copy, "metrics.jsonl"), line(1) + line(2));
  const { stdout } = await at.trainer(["compare", "early", "early"]);
  expect(stdout).toContain("training loss:");
  expect(stdout).toMatch(/\ntest_loss +- +-\n/);
  await rm(join(copy, "metrics.jsonl"));
  expect((await at.trainer(["compare", "early", "early"])).stdout).not.toContain("training loss:");
});

test("one run, and a folder that is no run, cannot be compared", async () => {
  expect(await at.trainer(["compare", "one"])).toMatchObject({ code: 2, stderr: containing("two runs or more") });
  await at.trainer(["export", "one", "--out", join(at.folder, "elsewhere")]);
  const outside = await at.trainer(["compare", "one", join(at.folder, "elsewhere")]);
  expect(outside).toMatchObject({ code: 2, stderr: containing("has no manifest.json") });
});

test("runs on other text are not set against each other, and a shorter one's time is no praise", async () => {
  const other = join(at.folder, "other.txt");
  await writeFile(other, Array.from({ length: 200 }, (_, i) => `another text, of ${i} other lines`).join("\n"));
  await at.trainer(["train", other, ...TINY, "--max-steps", "2", "--run-id", "elsewhere"]);
  const { stdout } = await at.trainer(["compare", "one", "elsewhere"], { tty: true });
  expect(stdout).toContain("not tested on the same text");
  expect(stdout).not.toContain("\u001B[32m");
  const { last } = await at.json(["compare", "one", "elsewhere"]);
  expect(last).toMatchObject({ same_text: false, same_tokens: false, losing_text: [], cautions: [aString] });
});

test("a run whose tokens lose text has no bits per byte, is not ranked, and is shown so", async () => {
  const copy = join(at.home, "models", "losing");
  await mkdir(copy);
  const manifest = await readFile(join(at.home, "models", "one", "manifest.json"), "utf8");
  const changed = manifest
    .replace('"run_id": "one"', '"run_id": "losing"')
    .replace(/"test_bits_per_byte": [\d.]+/, '"test_bits_per_byte": null')
    .replaceAll('"lost_bytes": 0', '"lost_bytes": 40');
  await writeFile(join(copy, "manifest.json"), changed);
  const { stdout } = await at.trainer(["compare", "one", "losing"], { tty: true });
  expect(stdout).toContain("The tokens of losing lose a part of the text");
  expect(stdout).not.toContain("\u001B[32m");
  expect((await at.trainer(["runs", "show", "losing"])).stdout).toMatch(/no bits per byte: \d+(\.\d+)? % of the text/);
});

test("of a run without validation or test nothing is shown of these, and of one whose splits are not told its bits alone", async () => {
  const { last } = await at.json(["runs", "show", "one"]);
  const { manifest } = z.object({ manifest: z.looseObject({}) }).parse(last);
  const shown = async (id: string, fields: object) => {
    await mkdir(join(at.home, "models", id));
    const written = JSON.stringify({ ...manifest, run_id: id, ...fields });
    await writeFile(join(at.home, "models", id, "manifest.json"), written);
    return (await at.trainer(["runs", "show", id])).stdout;
  };
  const bare = await shown("bare", { best_val_loss: null, test_loss: null });
  expect(bare).not.toMatch(/^(?:validation|test) /m);
  expect(await shown("older", { splits: null })).toMatch(/^test .* [\d.]+ bits per byte$/m);
});
