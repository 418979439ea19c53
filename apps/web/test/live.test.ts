import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { RunStatus, TrainAccepted } from "@trainer/platform";
import { parseJson } from "@trainer/platform/browser";
import { writeCorpus } from "@trainer/testing";
import { ask } from "@trainer/testing/api";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { faultsOf, inChromium, type Opened } from "./browser.js";

const Step = z.object({ step: z.int(), lr: z.number() }); // an evaluation has no learning rate
const Api = z.object({ api: z.object({ pid: z.int() }) });

inChromium((opened) => {
  test("two windows show one run: what is done in one is seen in the other, and each keeps its own view", async () => {
    const run = await begun(opened);
    const [table, own] = [await signedIn(opened), await signedIn(opened)];
    const faults = [table, own].map((page) => faultsOf(page, opened.served.url));
    await own.goto(`${opened.served.url}/app/runs/${run}`);
    await own.getByRole("heading", { name: "Loss" }).waitFor();
    const row = table.getByRole("row").filter({ has: table.getByRole("link", { name: run }) });
    await row.getByText("Running", { exact: true }).waitFor();

    await own.getByRole("button", { name: "Stop and keep" }).click();
    await row.getByText("Stopped", { exact: true }).waitFor();
    await own.getByRole("button", { name: "Resume" }).click();
    await row.getByText("Running", { exact: true }).waitFor();
    await table.goto(`${opened.served.url}/app/runs/${run}?tab=settings`);
    await table.getByRole("button", { name: "Stop and keep" }).click();
    await own.getByText("Stopped", { exact: true }).waitFor();
    expect(own.url()).not.toContain("tab=");

    await table.getByRole("button", { name: "Delete" }).click();
    await table.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await table.waitForURL(/\/app\/runs$/);
    await own.reload();
    await own
      .getByText(/there is no run|no such run|not found/i)
      .first()
      .waitFor();
    expect(faults).toEqual([[], []]);
    await Promise.all([table.context().close(), own.context().close()]);
  }, 120_000);

  test("a service that is killed under a live run costs its curves no point and doubles none", async () => {
    const { home, url } = opened.served;
    const run = await begun(opened);
    const page = await signedIn(opened);
    await page.goto(`${url}/app/runs/${run}`);
    await page.getByRole("heading", { name: "Loss" }).waitFor();
    const logged = () => {
      const lines = readFileSync(join(home, "models", run, "metrics.jsonl"), "utf8")
        .trimEnd()
        .split("\n");
      return lines.flatMap((line) => Step.safeParse(parseJson(line)).data?.step ?? []);
    };
    const pid = () => Api.parse(parseJson(readFileSync(join(home, "serve.json"), "utf8"))).api.pid;
    const killed = pid();
    const before = logged().length;
    process.kill(killed, "SIGKILL");
    const away = page.getByText("The service does not answer. What you see");
    await away.waitFor();
    expect(await page.getByRole("heading", { name: "Loss" }).isVisible()).toBe(true);
    await away.waitFor({ state: "detached", timeout: 30_000 });
    expect(pid()).not.toBe(killed);

    await page.getByRole("button", { name: "Stop and keep" }).click();
    await page.getByText("Stopped", { exact: true }).waitFor();
    const steps = logged();
    expect(steps.length).toBeGreaterThan(before + 2);
    await expect.poll(() => drawn(page)).toEqual(steps);
    await page.context().close();
  }, 120_000);
});

async function signedIn({ served, browser }: Opened): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${served.url}/?key=${served.key}`);
  await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
  return page;
}

/** A run that goes on until it is stopped. */
async function begun({ served: { home, url, key } }: Opened): Promise<string> {
  const headers = { "x-api-key": key };
  mkdirSync(join(home, "corpus"), { recursive: true });
  writeCorpus(join(home, "corpus", "text.txt"), 400);
  const request = {
    corpus_path: "text.txt",
    model_family: "char_lstm",
    model_size: "tiny",
    max_seq_len: 32,
    batch_size: 4,
    max_steps: 100_000,
    tokenizer_method: "char",
  };
  const { run_id } = TrainAccepted.parse((await ask(`${url}/runs/train`, { headers, body: request })).json);
  const state = async () => RunStatus.parse((await ask(`${url}/runs/${run_id}`, { headers })).json).status;
  await expect.poll(state).toBe("running");
  return run_id;
}

/** The steps in the table of points that the page gives to be kept. */
async function drawn(page: Page): Promise<number[]> {
  await page.getByRole("button", { name: "Download Loss" }).click();
  const coming = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Points (CSV)" }).click();
  const [, ...rows] = readFileSync(await (await coming).path(), "utf8")
    .trimEnd()
    .split("\n");
  return rows.filter((row) => row.split(",")[1] !== "").map((row) => Number(row.split(",")[0]));
}
