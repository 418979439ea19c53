import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { addresses, build, serving } from "./serving.js";

beforeAll(build, 120_000);

const UP = /^addresses|"ready":true/m;

/** A home with pages beside it. */
function homeWithPages() {
  const home = scratchPath("serve-pages");
  const pages = join(home, "pages");
  mkdirSync(pages);
  writeFileSync(join(pages, "index.html"), "the pages");
  return { home, env: { TRAINER_HOME: home, API__PAGES_ROOT: pages } };
}

const keyOf = (home: string) =>
  z.object({ api_key: z.string() }).parse(JSON.parse(readFileSync(join(home, "keys.json"), "utf8"))).api_key;

/** All that a home has in files that are no keys. */
const kept = (home: string) =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "keys.json")
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");

test("a terminal is shown the address that opens the pages signed in, and nothing keeps it", async () => {
  const { home, env } = homeWithPages();
  writeFileSync(join(home, "keys.json"), JSON.stringify({ api_key: "k&y", data_bank_key: "b", redis_password: "r" }));
  const { io, ended, interrupt } = await serving(
    ["--port", "0", "--data-bank-port", "0", "--host", "0.0.0.0", "--logs"],
    { ...env, NO_COLOR: "1" },
    home,
    UP,
    true,
  );
  const { api } = addresses(home);
  const [, link = ""] = /^pages +(\S+)$/m.exec(io.stdout.text) ?? [];
  expect(link).toBe(`http://127.0.0.1:${new URL(String(api.url)).port}/?key=k%26y`);
  const entered = await fetch(link, { redirect: "manual" });
  const cookie = String(entered.headers.getSetCookie()[0]?.split(";")[0]);
  expect(entered.status).toBe(303);
  const page = await fetch(new URL(String(entered.headers.get("location")), link));
  expect(await page.text()).toBe("the pages");
  expect((await fetch(`${api.url}/runs`, { headers: { cookie } })).status).toBe(200);
  expect(kept(home)).toContain('"path":"/","status":303');
  for (const text of [kept(home), io.stderr.text]) {
    expect(text).not.toContain("k%26y");
    expect(text).not.toContain("?key=");
  }
  interrupt();
  expect(await ended).toBe(0);
});

test("what is no terminal gets the pages' address without the key", async () => {
  const { home, env } = homeWithPages();
  const { io, ended, interrupt } = await serving(["--port", "0", "--data-bank-port", "0"], env, home);
  expect(io.stdout.text).toMatch(new RegExp(`^pages +${addresses(home).api.url}/$`, "m"));
  expect(io.stdout.text).not.toContain(keyOf(home));
  interrupt();
  expect(await ended).toBe(0);
});
