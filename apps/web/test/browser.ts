import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { z } from "zod";
import { serve, type Served } from "./serving.js";

const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

const CHROMIUM = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => ["chromium", "chromium-browser"].map((name) => join(folder, name)))
  .find((program) => existsSync(program));

/** A served home and a browser that are there while the tests of a file run. */
export class Opened {
  #opened: readonly [Served, Browser] | undefined;

  async open(): Promise<void> {
    this.#opened = await Promise.all([serve(), openBrowser()]);
  }

  get served(): Served {
    return this.#all[0];
  }

  get browser(): Browser {
    return this.#all[1];
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.served[Symbol.asyncDispose]();
  }

  get #all(): readonly [Served, Browser] {
    if (this.#opened === undefined) throw new Error("nothing is open yet");
    return this.#opened;
  }
}

/** Tests that need Chromium: skipped, with the reason, where it is not installed. */
export function inChromium(tests: (opened: Opened) => void): void {
  const reason = CHROMIUM === undefined ? ": skipped, for it is not installed (apt-get install chromium)" : "";
  describe.skipIf(CHROMIUM === undefined)(`in Chromium${reason}`, () => {
    const opened = new Opened();
    beforeAll(() => opened.open(), 120_000);
    afterAll(() => opened.close(), 30_000);
    tests(opened);
  });
}

/** Debian's Chromium, headless, with a fresh profile. */
const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: String(CHROMIUM), headless: true, args: FLAGS.split(" ") });

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const Violations = z.array(
  z.object({ id: z.string(), help: z.string(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** What of WCAG 2.2 AA the page that is shown breaks, a sentence each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(tags)} }).then(({ violations }) => violations)`,
  );
  return Violations.parse(found).map(
    ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ html }) => html.slice(0, 200)).join(" ; ")})`,
  );
}

/** Everything that a page does wrong from now on: errors, what its policy refused, what it asked of elsewhere. */
export function faultsOf(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/Failed to load resource/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
      faults.push(`asked ${request.url()}`);
  });
  return faults;
}

const Pixels = z.number();

/** Pixels by which the page is wider than its window. */
export const overflow = async (page: Page): Promise<number> =>
  Pixels.parse(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
