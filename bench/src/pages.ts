import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { chromium, type Browser, type Page } from "playwright-core";
import { z } from "zod";
import { SHAKESPEARE } from "./bundled.js";
import type { Benchmark, Side } from "./report.js";
import { addressesOf, run, trainer } from "./system.js";
import { temporaryFolder } from "./token-file.js";

const RUNS = 10_000;
const POINTS = 1_000_000;
export const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
export const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"];

/** Opens the pages of a home with many runs in Chromium while a training has its turn on the same processors. */
export const pages: Benchmark = async ({ rounds, log }) => {
  if (!existsSync(CHROMIUM)) throw new Error(`there is no Chromium at ${CHROMIUM}: CHROMIUM names another`);
  using folder = temporaryFolder();
  const home = folder.path;
  await run(["train", SHAKESPEARE, "--home", home, "--size", "tiny", "--max-steps", "20", "--run-id", "long"]);
  await multiply(home);
  await using _ = trainer(["serve", "--home", home, "--port", "0", "--data-bank-port", "0"], {});
  const { api, keys } = await addressesOf(home);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const found = new Map<string, number[]>();
  const note = (name: string, value: number) => {
    found.set(name, [...(found.get(name) ?? []), value]);
    log(`${name}: ${value.toFixed(0)}`);
  };
  try {
    await measure(browser, api.url, keys.api_key, () => {}); // the service reads what it keeps in memory
    for (let round = 0; round < rounds; round++) await measure(browser, api.url, keys.api_key, note);
  } finally {
    await browser.close();
  }
  const side = (name: string): Side => ({ name: "the pages", rounds: found.get(name) ?? [] });
  return {
    benchmark: "pages",
    unit: "ms",
    better: "lower",
    works: [
      { name: "first load, compressed", unit: "kB", sides: [side("load")] },
      { name: "first load to a page that answers", sides: [side("interactive")] },
      { name: `first rows of ${RUNS} runs`, sides: [side("rows")] },
      { name: `curves of a run of ${POINTS} points`, sides: [side("curves")] },
    ],
  };
};

async function measure(browser: Browser, url: string, key: string, note: (name: string, value: number) => void) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/?key=${key}`);
  await page.getByRole("table").waitFor();
  note("load", (await transferred(page)) / 1000);
  await page.close();

  const fresh = await browser.newContext({ storageState: await context.storageState() }); // nothing in its cache
  const first = await fresh.newPage();
  note(
    "interactive",
    await taking(
      () => first.goto(`${url}/app/system`),
      () => first.getByRole("heading", { level: 1 }).click(),
    ),
  );
  await first.getByRole("link", { name: "New run" }).first().waitFor();
  note(
    "rows",
    await taking(
      () => first.getByRole("link", { name: "Runs", exact: true }).click(),
      () => first.getByRole("row").nth(1).waitFor(),
    ),
  );
  const legend = first.getByText("Training, each step");
  note(
    "curves",
    await taking(
      () => first.goto(`${url}/app/runs/long`),
      () => legend.first().waitFor(),
    ),
  );
  await fresh.close();
  await context.close();
}

/** Milliseconds from what begins to what is seen. */
async function taking(begin: () => Promise<unknown>, seen: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await begin();
  await seen();
  return performance.now() - started;
}

const Bytes = z.number();

/** Bytes of scripts and styles that came over the network. */
const transferred = async (page: Page): Promise<number> =>
  Bytes.parse(
    await page.evaluate(
      'performance.getEntriesByType("resource").filter(({ name }) => name.includes("/app/assets/")).reduce((sum, each) => sum + each.transferSize, 0)',
    ),
  );

/** Makes the run one of many points, and the home one of many runs. */
async function multiply(home: string): Promise<void> {
  const folder = join(home, "models", "long");
  const manifest = readFileSync(join(folder, "manifest.json"), "utf8");
  for (let i = 1; i < RUNS; i++) {
    const copy = join(home, "models", `run-${i}`);
    mkdirSync(copy);
    writeFileSync(join(copy, "manifest.json"), manifest.replaceAll('"long"', `"run-${i}"`));
  }
  const [line = ""] = readFileSync(join(folder, "metrics.jsonl"), "utf8").split("\n");
  const row = z.looseObject({ step: z.int() }).parse(JSON.parse(line));
  const out = createWriteStream(join(folder, "metrics.jsonl"));
  for (let step = 1; step <= POINTS; step++) {
    const train_loss = 10 / Math.log(step + 2) + Math.sin(step) / 10;
    if (!out.write(`${JSON.stringify({ ...row, step, train_loss })}\n`)) await once(out, "drain");
  }
  out.end();
  await finished(out);
}
