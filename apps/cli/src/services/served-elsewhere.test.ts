import { once } from "node:events";
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { serveHome } from "../serve/one-per-home.js";
import { pagesOrHome, servedElsewhere } from "./served-elsewhere.js";

const quiet = () => new AbortController().signal;
const SOON = { withinMs: 60_000, everyMs: 1 };
const NOW = { withinMs: 0, everyMs: 1 };

/** A home, and a server that answers for its API as `status` says. */
async function homeAndServer(status: () => number) {
  const home = scratchPath("elsewhere");
  writeFileSync(join(home, "keys.json"), JSON.stringify({ api_key: "made" }));
  const server = createServer((_, response) => response.writeHead(status()).end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  let waits = 0;
  return {
    home,
    url: `http://127.0.0.1:${port}`,
    waited: () => waits,
    pages: (key = "", patience = SOON, signal = quiet()) =>
      servedElsewhere({ home, key, waiting: () => void (waits += 1) }, signal, patience),
    [Symbol.dispose]: () => void server.close(),
  };
}

test("a home that nobody serves has no pages", async () => {
  using at = await homeAndServer(() => 200);
  expect([await at.pages(), at.waited()]).toEqual([null, 0]);
});

test("pages are those of whoever serves the home, once they are there, with the key that signs in", async () => {
  const statuses = [503, 503, 200];
  using at = await homeAndServer(() => statuses.shift() ?? 200);
  using served = serveHome(at.home);
  const early = at.pages(); // it has not said where
  served.tell({ api: { url: at.url, pid: 7 } });
  expect(await early).toEqual({ url: at.url, key: "made" });
  expect(at.waited()).toBe(1);
  expect(await at.pages("given")).toEqual({ url: at.url, key: "given" });
});

test("who serves the home may stop meanwhile", async () => {
  using at = await homeAndServer(() => 503);
  const served = serveHome(at.home);
  served.tell({ api: { url: at.url, pid: 7 } });
  const pages = at.pages();
  served[Symbol.dispose]();
  expect(await pages).toBeNull();
});

test("one without pages, one that does not come up, and an impatient user end the wait", async () => {
  let status = 404;
  using at = await homeAndServer(() => status);
  using served = serveHome(at.home);
  await expect(at.pages("", NOW)).rejects.toThrow("is being served already, but no pages answer there: stop that one");
  await expect(at.pages("", SOON, AbortSignal.timeout(20))).rejects.toThrow("aborted");
  served.tell({ api: { url: at.url, pid: 7 } });
  await expect(at.pages()).rejects.toThrow(`at ${at.url}, but without the pages`);
  status = 503;
  await expect(at.pages("", NOW)).rejects.toThrow("no pages answer there");
});

test("of two that come at once to a home that nobody serves, one serves it and the other gets its pages", async () => {
  using at = await homeAndServer(() => 200);
  const come = () => pagesOrHome({ home: at.home, key: "", waiting() {} }, quiet());
  const [first, second] = [come(), come()];
  const here = await first;
  if (here.pages !== null) throw new Error("nobody serves it yet");
  using own = here.own;
  own.tell({ api: { url: at.url, pid: 7 } });
  expect(await second).toEqual({ pages: { url: at.url, key: "made" } });
});
