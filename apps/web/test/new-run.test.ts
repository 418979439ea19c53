import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { accessibilityFaults, faultsOf, inChromium, overflow } from "./browser.js";

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
  }, 60_000);
});
