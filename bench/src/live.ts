import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium, type Browser, type Page } from "playwright-core";
import { z } from "zod";
import { SHAKESPEARE } from "./bundled.js";
import { CHROMIUM, FLAGS } from "./pages.js";
import { median, type Benchmark, type Side } from "./report.js";
import { addressesOf, trainer } from "./system.js";
import { temporaryFolder } from "./token-file.js";

const WINDOWS = 3;
/** How long a round has windows open, and as long none. */
const PHASE_MS = 60_000;
/** What the first seconds of a phase were is not counted: windows load then. */
const SETTLE_MS = 15_000;
const TRAINING = ["--size", "tiny", "--max-seq-len", "128", "--batch-size", "8", "--max-steps", "1000000"];
const OFTEN = ["--log-every", "1", "--no-evaluate", "--checkpoint-every", "1000000"];

/** Watches a training by several windows in Chromium on the same processors, then by none, in turn. */
export const live: Benchmark = async ({ rounds, threads, only = "", log }) => {
  using folder = temporaryFolder();
  const home = folder.path;
  await using _served = trainer(["serve", "--home", home, "--port", "0", "--data-bank-port", "0"], {});
  const { api, keys } = await addressesOf(home);
  const where = ["--home", home, "--run-id", "live", "--threads", String(threads)];
  await using _run = trainer(["train", SHAKESPEARE, ...where, ...TRAINING, ...OFTEN], {});
  const metrics = join(home, "models", "live", "metrics.jsonl");
  while (!existsSync(metrics)) await sleep(200);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const signIn = `${api.url}/?key=${keys.api_key}`;
  const page = `${api.url}/app/runs/live`;
  const found = { watched: Array<number>(), alone: Array<number>(), heap: Array<number>() };
  try {
    if (only === "heap") await watchHeap();
    else for (let round = 0; round < rounds; round++) await compare();
  } finally {
    await browser.close();
  }

  async function compare(): Promise<void> {
    for (const side of ["watched", "alone"] as const) {
      await using _windows = await opened(browser, side === "watched" ? WINDOWS : 0, { signIn, page });
      await sleep(SETTLE_MS);
      const before = lastStep(metrics);
      await sleep(PHASE_MS - SETTLE_MS);
      found[side].push(median(stepTimes(metrics, before)));
      log(`${side}: ${found[side].at(-1)?.toFixed(1)} ms a step`);
    }
  }

  async function watchHeap(): Promise<void> {
    await using windows = await opened(browser, WINDOWS, { signIn, page });
    for (let minute = 1; minute <= rounds; minute++) {
      await sleep(60_000);
      const bytes = await Promise.all(windows.pages.map(heapOf));
      found.heap.push(Math.max(...bytes) / 1e6);
      log(`minute ${minute}: ${found.heap.at(-1)?.toFixed(1)} MB in the largest of ${WINDOWS} windows`);
    }
  }

  const side = (name: string, rounds: readonly number[]): Side => ({ name, rounds });
  return {
    benchmark: "live",
    unit: "ms",
    better: "lower",
    works:
      only === "heap"
        ? [{ name: "heap of a window on a live run", unit: "MB", sides: [side("the pages", found.heap)] }]
        : [
            {
              name: "a step of a tiny GPT-2",
              sides: [side(`watched by ${WINDOWS} windows`, found.watched), side("by none", found.alone)],
            },
          ],
  };
};

async function opened(browser: Browser, windows: number, { signIn, page }: { signIn: string; page: string }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const pages: Page[] = [];
  for (let i = 0; i < windows; i++) {
    const window = await context.newPage();
    await window.goto(signIn);
    await window.goto(page);
    pages.push(window);
  }
  return { pages, [Symbol.asyncDispose]: () => context.close() };
}

/** Bytes that scripts hold once what they have dropped is collected. */
async function heapOf(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  await devtools.detach();
  return usedSize;
}

const Row = z.object({ step: z.int(), step_ms: z.number() });

const rowsOf = (metrics: string) =>
  readFileSync(metrics, "utf8")
    .split("\n")
    .slice(0, -1) // the last may be half-written
    .flatMap((line) => Row.safeParse(JSON.parse(line)).data ?? []);

const lastStep = (metrics: string): number => rowsOf(metrics).at(-1)?.step ?? 0;

const stepTimes = (metrics: string, after: number): number[] =>
  rowsOf(metrics).flatMap(({ step, step_ms: ms }) => (step > after ? [ms] : []));
