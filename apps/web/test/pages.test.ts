import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ChatResponse, RunStatus, TrainAccepted } from "@trainer/platform";
import { writeCorpus } from "@trainer/testing";
import { ask } from "@trainer/testing/api";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { accessibilityFaults, faultsOf, inChromium, overflow } from "./browser.js";
import type { Served } from "./serving.js";

/** Sets a mark if a browser takes it for markup. */
const HOSTILE = `"><img src=x onerror="window.taken=1"><script>window.taken=1</script>`;

/** The same written from right to left, and without a space for long. */
const SAID = `\u202e${HOSTILE}${"x".repeat(300)}`;

/** A home with a finished run, whose text, name of its text, tag, note and conversation are meant as markup. */
async function trained({ home, url, key }: Served): Promise<string> {
  const asking = (path: string, body?: object, method = body === undefined ? "GET" : "POST") =>
    ask(url + path, { method, headers: { "x-api-key": key }, body });
  const corpus_path = "<img src=x onerror=alert(1)>.txt";
  mkdirSync(join(home, "corpus"), { recursive: true });
  writeCorpus(join(home, "corpus", corpus_path), 150);
  writeFileSync(join(home, "corpus", "hostile.txt"), `${HOSTILE}\n`.repeat(200));
  const settings = {
    corpus_path,
    model_family: "char_lstm",
    model_size: "tiny",
    max_seq_len: 32,
    tokenizer_method: "char",
  };
  const { run_id } = TrainAccepted.parse((await asking("/runs/train", settings)).json);
  for (;;) {
    const { status, error } = RunStatus.parse((await asking(`/runs/${run_id}`)).json);
    if (status === "completed") break;
    if (status === "failed") throw new Error(`the run failed: ${error}`);
    await setTimeout(100);
  }
  const noted = await asking(`/runs/${run_id}/notes`, { tags: ["<b>tag</b>"], note: HOSTILE }, "PUT");
  expect(noted.status).toBe(200);
  for (const message of ["Who is there?", SAID]) {
    const talk = ChatResponse.parse((await asking(`/runs/${run_id}/chat`, { message, max_new_tokens: 4 })).json);
    const path = `/runs/${run_id}/chat/${talk.session_id}/${talk.request_id}`;
    while (ChatResponse.parse((await asking(path)).json).status !== "completed") await setTimeout(50);
  }
  return run_id;
}

inChromium((opened) => {
  let runId: string;
  beforeAll(async () => {
    runId = await trained(opened.served);
  }, 180_000);

  /** The pages, with the heading by which each is known. */
  const pages: [address: string, heading: string | RegExp][] = [
    ["/app/runs", "Runs"],
    ["/app/runs/RUN", /char_lstm/],
    ["/app/runs/RUN?tab=settings", /char_lstm/],
    ["/app/runs/RUN?tab=log", /char_lstm/],
    ["/app/runs/RUN?tab=evaluation", /char_lstm/],
    ["/app/runs/RUN?tab=files", /char_lstm/],
    ["/app/compare?runs=RUN", "Compare runs"],
    ["/app/new-run", "New run"],
    ["/app/tokenizers", "Tokenizers"],
    ["/app/use?run=RUN", "Use"],
    [`/app/use?run=${"a-long-name-".repeat(10)}`, "Use"],
    ["/app/use?run=RUN&mode=chat", "Use"],
    ["/app/use?run=RUN&mode=score", "Use"],
    ["/app/system", "System"],
    ["/app/nowhere", "There is no such page"],
  ];

  async function shown(page: Page, address: string, heading: string | RegExp): Promise<void> {
    await page.goto(opened.served.url + address.replaceAll("RUN", runId));
    await page.getByRole("heading", { name: heading }).first().waitFor();
    await page
      .getByText(/^Reading /)
      .first()
      .waitFor({ state: "detached" });
  }

  test.each(pages)(
    "%s does no wrong, can be read by everybody in both themes, fits a narrow window and takes no text for markup",
    async (address, heading) => {
      const { served, browser } = opened;
      const context = await browser.newContext({ reducedMotion: "reduce" });
      const page = await context.newPage();
      await page.goto(`${served.url}/?key=${served.key}`);
      await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
      const faults = faultsOf(page, served.url);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width: 1440, height: 900 });
        await shown(page, address, heading);
        expect(await accessibilityFaults(page)).toEqual([]);
        await page.setViewportSize({ width: 360, height: 740 });
        expect(await overflow(page)).toBe(0);
        expect(await accessibilityFaults(page)).toEqual([]);
      }
      expect(await page.evaluate("window.taken")).toBeUndefined();
      expect(faults).toEqual([]);
      await context.close();
    },
    60_000,
  );

  test("a conversation is gone back to by keys in another browser, in a narrow window, and forgotten there", async () => {
    const { served, browser } = opened;
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    const faults = faultsOf(page, served.url);
    await shown(page, "/app/use?run=RUN&mode=chat", "Use");
    const list = page.getByRole("list", { name: "Conversations" }).getByRole("listitem");
    await list.nth(1).waitFor();
    await list.first().getByRole("link").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/session=/);
    const said = page.getByRole("list", { name: "What was said" });
    await said.getByText(/onerror/).waitFor();
    expect(await overflow(page)).toBe(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("Tab"); // from its link to its button
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => !url.search.includes("session="));
    await page.getByText("Nothing was said yet.").waitFor();
    await expect.poll(() => list.allInnerTexts()).toEqual([expect.stringMatching(/^Who is there\?\n2 messages · /)]);
    expect(await page.evaluate("window.taken")).toBeUndefined();
    expect(faults).toEqual([]);
    await page.close();
  });

  test("what a cleanup would remove is shown, and gone once that is confirmed; both can be read by everybody", async () => {
    const { served, browser } = opened;
    const page = await browser.newPage();
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    const faults = faultsOf(page, served.url);
    await shown(page, "/app/system", "System");
    const prepared = join(served.home, "cache", "bins");
    const sets = () => readdirSync(prepared).filter((name) => !name.startsWith("."));
    expect(sets()).not.toEqual([]);
    await page.getByRole("group", { name: "Prepared texts" }).getByLabel("GiB in all").fill("0");
    await page.getByRole("button", { name: "See what would go" }).click();
    await page.getByText(/would go\.$/).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(sets()).not.toEqual([]);
    await page.getByRole("button", { name: /^Remove \d/ }).click();
    const dialog = page.getByRole("dialog");
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Remove" }).click();
    await page.getByText(/removed\.$/).waitFor();
    expect(sets()).toEqual([]);
    expect(faults).toEqual([]);
    await page.close();
  });
});
