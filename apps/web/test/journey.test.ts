import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { scratch } from "@trainer/testing";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { faultsOf, inChromium } from "./browser.js";
import { TRAINER } from "./serving.js";

const SHAKESPEARE = fileURLToPath(new URL("../../../examples/corpus/tinyshakespeare.txt", import.meta.url));

const asProgram = promisify(execFile);

inChromium((opened) => {
  test("somebody with a text and no run trains a model on it, watches it, and lets it write, talk and be surprised", async () => {
    const { served, browser } = opened;
    const page = await browser.newPage();
    const faults = faultsOf(page, served.url);
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.getByText("No runs yet").waitFor();
    await page.getByRole("link", { name: "New run" }).first().click();

    const text = readFileSync(SHAKESPEARE).subarray(0, 60_000);
    await page
      .locator("input[type=file]")
      .setInputFiles({ name: "a few lines.txt", mimeType: "text/plain", buffer: text });
    await page.getByLabel("Steps", { exact: true }).fill("20");
    await page.getByLabel("Samples every n steps").fill("8");
    await page.getByLabel("Batch size").fill("4");
    await page.getByLabel("Context length").fill("32");
    await page.getByRole("button", { name: "Start training" }).click();

    await page.waitForURL(/\/app\/runs\/gpt2-tiny-/);
    await page.getByText("Finished", { exact: true }).waitFor({ timeout: 120_000 });
    const run = new URL(page.url()).pathname.slice("/app/runs/".length);
    expect(await page.getByRole("heading", { name: "Loss" }).isVisible()).toBe(true);

    await page.getByRole("tab", { name: "Evaluation" }).click();
    await page.getByText("After step 16, the newest").waitFor();
    await page.getByRole("slider", { name: "Step" }).press("ArrowLeft");
    await page.getByText("After step 8", { exact: true }).waitFor();
    const written = page.getByRole("region", { name: "As it is trained" }).locator("blockquote");
    expect(await written.nth(2).innerText()).toMatch(/^Once upon a time[^]+/);

    await untilCleaned(join(served.home, "models", run));
    expect(await textOfExported(page, run, join(served.home, "exports"))).not.toBe("");

    await page.goto(`${served.url}/app/use?run=${run}`);
    await generated(page);
    await page.getByRole("tab", { name: "Score" }).click();
    await page.getByLabel("Text to score").fill("To be, or not to be");
    await page.getByRole("button", { name: "Score" }).click();
    await page.getByText("Perplexity").waitFor({ timeout: 60_000 });

    await page.goto(`${served.url}/app/use`);
    await page.getByRole("combobox", { name: /^Model\b/ }).selectOption(`export~${run}`);
    await generated(page);

    await page.goto(`${served.url}/app/tokenizers`);
    await page.getByRole("button", { name: "Write a text" }).click();
    await page.getByLabel("Text to cut into tokens").fill("To be, or not to be 👩‍🚀");
    const tokens = page.getByRole("listbox", { name: /^Tokens of / });
    await tokens.getByRole("option").first().waitFor({ timeout: 60_000 });
    expect((await tokens.getByRole("option").allInnerTexts()).join("")).toMatch(/^To/);
    expect(faults).toEqual([]);
    await page.context().close();
  }, 300_000);

  /** The service keeps a finished run in its file service alone. */
  async function untilCleaned(folder: string): Promise<void> {
    while (existsSync(folder)) await sleep(100);
  }

  /** Exports the run that is shown into a folder, and has the model there write: it opens without the run's home. */
  async function textOfExported(page: Page, run: string, to: string): Promise<string> {
    await using folder = await scratch("exported");
    mkdirSync(to);
    const coming = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export", exact: true }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe(`${run}.tar`);
    await download.saveAs(folder.join("model.tar"));
    await asProgram("tar", ["-xf", folder.join("model.tar"), "-C", to]);
    const asked = ["generate", join(to, run), "--home", folder.join("home"), "--prompt", "ROMEO:"];
    return (await asProgram(process.execPath, [TRAINER, ...asked, "--max-new-tokens", "5"])).stdout;
  }

  async function generated(page: Page): Promise<void> {
    await page.getByLabel("Beginning of the text").fill("ROMEO:");
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByText(/Text · \d+ tokens? · ended by/).waitFor({ timeout: 60_000 });
    const first = page.getByRole("list", { name: "Texts" }).getByRole("listitem").first();
    expect(await first.innerText()).toMatch(/ROMEO:[^]+/);
  }
});
