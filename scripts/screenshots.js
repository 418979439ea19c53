// npm run screenshots -- 'http://127.0.0.1:8000/?key=…': the pictures of the pages in docs/images/, from a system with a
// finished run or two, in both themes, at the width of a desk and of a hand.
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { at } from "./paths.js";
import { run, say, SetupError } from "./say.js";

const WIDTHS = { desk: { width: 1440, height: 900 }, hand: { width: 390, height: 844 } };

/** @param {string} one a finished run @param {string[]} all */
const pages = (one, all) => ({
  runs: "/app/runs",
  run: `/app/runs/${one}`,
  compare: `/app/compare?runs=${all.join(",")}`,
  "new-run": "/app/new-run",
  tokenizers: "/app/tokenizers",
  use: `/app/use?run=${one}`,
  system: "/app/system",
});

await run(async () => {
  const [address] = process.argv.slice(2);
  if (address === undefined)
    throw new SetupError("Give the address of the pages, with the key, as trainer serve prints it.");
  const { origin } = new URL(address);
  const folder = at("docs/images/pages");
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  try {
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(address);
      const list = await context.request.get(`${origin}/runs?status=completed&offset=0`);
      /** @type {{ runs: { run_id: string }[] }} */
      const { runs } = await list.json();
      const ids = runs.map(({ run_id }) => run_id);
      for (const [name, path] of Object.entries(pages(ids[0] ?? "none", ids.slice(0, 6)))) {
        for (const [width, viewport] of Object.entries(WIDTHS)) {
          await page.setViewportSize(viewport);
          await page.goto(origin + path);
          await page.waitForTimeout(1500); // curves are drawn when their points have come
          await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
          say(`${name}-${width}-${colorScheme}.png`);
        }
      }
      await context.close();
    }
  } finally {
    await browser.close();
  }
  return 0;
});
