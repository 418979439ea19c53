import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext } from "playwright-core";
import { expect, test } from "vitest";
import { faultsOf, inChromium } from "./browser.js";
import { serve } from "./serving.js";

inChromium((opened) => {
  /** A browser of somebody who has opened the address that `trainer serve` prints. */
  async function signedIn(): Promise<BrowserContext> {
    const { served, browser } = opened;
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    await page.close();
    return context;
  }

  test("the address with the key opens the runs and leaves the key behind, where no script finds the cookie", async () => {
    const { served, browser } = opened;
    const page = await browser.newPage();
    const faults = faultsOf(page, served.url);
    await page.goto(`${served.url}/?key=${served.key}`);
    await page.getByRole("heading", { name: "Runs", level: 1 }).waitFor();
    expect(page.url()).toBe(`${served.url}/app/runs`);
    expect(await page.evaluate("document.cookie")).toBe("");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("without a key the sign-in comes first, a wrong key is told, and the right one leads back to where one was", async () => {
    const { served, browser } = opened;
    const page = await browser.newPage();
    await page.goto(`${served.url}/app/tokenizers`);
    await page.getByLabel("Key").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("That is not the key of this service.").waitFor();
    await page.getByLabel("Key").fill(served.key);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Tokenizers", level: 1 }).waitFor();
    expect(page.url()).toBe(`${served.url}/app/tokenizers`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto(`${served.url}/app/runs`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.context().close();
  });

  test("a page of another origin reads nothing, starts nothing and shows no page of ours, though the reader is signed in", async () => {
    const { served } = opened;
    const html = `<!doctype html><title>elsewhere</title><iframe src="${served.url}/app/runs"></iframe>
    <form method="post" action="${served.url}/tokenizers/train" enctype="text/plain" target="there">
    <input name='{"corpus_path":"x.txt","method":"char","x":"' value='"}'></form><iframe name="there"></iframe>`;
    const elsewhere = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(html)).listen(
      0,
      "127.0.0.1",
    );
    await once(elsewhere, "listening");
    const { port } = addressOf(elsewhere.address());
    const context = await signedIn();
    const page = await context.newPage();
    const answers: string[] = [];
    page.on("response", (answer) => {
      if (answer.url().startsWith(served.url)) answers.push(`${answer.status()} ${new URL(answer.url()).pathname}`);
    });
    await page.goto(`http://127.0.0.1:${port}/`); // the same site: cookies alone would not tell it apart
    const read = (init: string) =>
      page.evaluate(`fetch("${served.url}/runs", ${init}).then((answer) => answer.text(), () => "refused")`);
    expect(await read(`{ credentials: "include" }`)).toBe("refused");
    expect(await read(`{ credentials: "include", mode: "no-cors" }`)).toBe(""); // opaque
    await page.evaluate("document.forms[0].submit()");
    await expect.poll(() => answers).toContain("403 /tokenizers/train");
    expect(answers).not.toContain("200 /runs");
    const frame = page.frames().find((each) => each !== page.mainFrame() && each.name() === "");
    expect(await frame?.content()).not.toContain("root");
    await context.close();
    elsewhere.close();
  });

  test("while the service is away the page keeps what it shows, says so, and goes on when it is back", async () => {
    const { browser } = opened;
    const own = await serve();
    const page = await browser.newPage();
    await page.goto(`${own.url}/?key=${own.key}`);
    await page.getByText("No runs yet").waitFor();
    await own.stop();
    await page.getByText("The service does not answer. What you see").waitFor();
    expect(await page.getByText("No runs yet").isVisible()).toBe(true);
    await using again = await serve({ home: own.home, port: Number(new URL(own.url).port) });
    await page.getByText("The service does not answer. What you see").waitFor({ state: "detached" });
    expect(again.key).toBe(own.key);
    await page.context().close();
  }, 120_000);
});

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("a server without a port");
  return address;
}
