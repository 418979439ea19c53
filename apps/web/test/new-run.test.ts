import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TrainAccepted } from "@trainer/platform";
import { writeCorpus } from "@trainer/testing";
import { ask } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { z } from "zod";
import { accessibilityFaults, faultsOf, inChromium, overflow } from "./browser.js";

/** What must be equal of a run and of one that trains it on, and what need not be. */
const Manifest = z.object({
  model_family: z.string(),
  model_size: z.string(),
  parameters: z.int(),
  seed: z.int(),
  tokenizer_id: z.string(),
  tokenizer_sha256: z.string(),
  corpus_sha256: z.string(),
  splits: z.record(z.string(), z.unknown()),
  learning_rate: z.number(),
  pretrained_run_id: z.string().nullable(),
  total_steps: z.int(),
  best_val_loss: z.number(),
  config: z.object({ finetune_lr_cap: z.number(), max_seq_len: z.int() }),
});

inChromium((opened) => {
  test("from a text file to a training by one click: in an empty home, with names and words that would break a page", async () => {
    const { served, browser } = opened;
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.goto(`${served.url}/app/new-run`);
    const faults = faultsOf(page, served.url);
    const name = `<img src=x onerror=alert(1)> ${"very ".repeat(20)}ישן.txt`;
    const text = Buffer.from(
      "<script>alert(1)</script> A line of a text that repeats itself, and goes on.\n".repeat(20_000),
    );
    await page.getByLabel("Choose a text file").setInputFiles({ name, mimeType: "text/plain", buffer: text });
    await page.getByText("The first documents, as they are trained on").waitFor();
    await page.getByRole("radio", { name: "GPT-2" }).waitFor();
    expect(readFileSync(join(served.home, "corpus", name)).equals(text)).toBe(true);
    expect(await overflow(page)).toBe(0);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await accessibilityFaults(page)).toEqual([]);
    }
    await page.getByRole("button", { name: "Start training" }).click();
    await page.waitForURL(/\/app\/runs\/gpt2-tiny-/);
    const [, id = ""] = /runs\/(.*)$/.exec(page.url()) ?? [];
    const cancel = await page.evaluate(`fetch("/runs/${id}/cancel", { method: "POST" }).then(({ status }) => status)`);
    expect(cancel).toBe(200);
    expect(faults).toEqual([]);
    await page.context().close();
  }, 120_000);

  test("what a worker plans fills the form, and is what is trained", async () => {
    const { served, browser } = opened;
    mkdirSync(join(served.home, "corpus"), { recursive: true });
    writeCorpus(join(served.home, "corpus", "planned.txt"), 150);
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.goto(`${served.url}/app/new-run`);
    const faults = faultsOf(page, served.url);
    await page.getByRole("combobox", { name: "Text", exact: true }).selectOption("planned.txt");
    await page.getByLabel("Minutes to train").fill("0.5");
    await page.getByRole("button", { name: "Plan" }).click();
    await page.getByText(/^Planned: .* parameters/).waitFor({ timeout: 90_000 });
    expect(await page.getByRole("radio", { name: "LLaMA" }).isChecked()).toBe(true);
    expect(await overflow(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Start training" }).click();
    await page.waitForURL(/\/app\/runs\/llama-tiny-/);
    expect(faults).toEqual([]);
    await page.context().close();
  }, 120_000);

  test("a finished run is trained on from its weights, and what it held out stays held out", async () => {
    const { served, browser } = opened;
    mkdirSync(join(served.home, "corpus"), { recursive: true });
    writeCorpus(join(served.home, "corpus", "told.txt"), 150);
    const settings = {
      corpus_path: "told.txt",
      model_family: "char_lstm",
      model_size: "tiny",
      tokenizer_method: "char",
      max_seq_len: 32,
      max_steps: 30,
      seed: 7,
      holdout_fraction: 0.2,
    };
    const headers = { "x-api-key": served.key };
    const first = TrainAccepted.parse((await ask(`${served.url}/runs/train`, { headers, body: settings })).json).run_id;
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.goto(`${served.url}/app/runs/${first}`);
    const faults = faultsOf(page, served.url);
    const trainOn = page.getByRole("link", { name: "Train on" });
    await trainOn.waitFor({ timeout: 60_000 });
    const encoded = () => readdirSync(join(served.home, "cache", "bins")).filter((name) => !name.startsWith("."));
    const texts = encoded();
    await trainOn.click();
    await page.getByText(/A new run that begins with the weights of/).waitFor();
    expect(await overflow(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel("Steps", { exact: true }).fill("20");
    await page.getByRole("button", { name: "Start training" }).click();
    await page.waitForURL(/\/app\/runs\/char_lstm-tiny-/);
    await page.getByText("Finished", { exact: true }).waitFor({ timeout: 60_000 });
    const second = new URL(page.url()).pathname.slice("/app/runs/".length);

    const manifestOf = async (id: string) =>
      Manifest.parse((await ask(`${served.url}/runs/${id}/manifest`, { headers })).json);
    const [before, after] = [await manifestOf(first), await manifestOf(second)];
    expect(after).toEqual({
      ...before,
      pretrained_run_id: first,
      total_steps: 20,
      best_val_loss: after.best_val_loss,
      config: { finetune_lr_cap: 0.0005, max_seq_len: 32 },
    });
    expect(after.best_val_loss).toBeLessThan(before.best_val_loss);
    expect(encoded()).toEqual(texts); // the same tokens for both, encoded once
    expect(faults).toEqual([]);
    await page.context().close();
  }, 180_000);

  test("what is written survives a reload, and what the service refuses is led to", async () => {
    const { served, browser } = opened;
    const page = await browser.newPage();
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.goto(`${served.url}/app/new-run`);
    await page.getByLabel("Batch size").fill("7");
    await page.getByRole("button", { name: /Own dimensions/ }).click();
    await page.getByLabel("N head").fill("5");
    await page.reload();
    expect(await page.getByLabel("Batch size").inputValue()).toBe("7");
    await page.getByLabel("Choose a text file").setInputFiles({
      name: "book.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("A text of few words.\n".repeat(200)),
    });
    await page.getByText("The first documents, as they are trained on").waitFor();
    await page.getByRole("button", { name: "Start training" }).click();
    await page
      .getByText(/n_?head/i)
      .filter({ hasText: "5" })
      .first()
      .waitFor();
    await expect.poll(() => page.evaluate("document.activeElement.name")).toMatch(/^model_config\./);
    await page.context().close();
  });
});
