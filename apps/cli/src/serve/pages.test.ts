import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { pagesLines, pagesLink, pagesRoot } from "./pages.js";
import { loadConfig } from "./settings.js";

const config = (env: Record<string, string> = {}) => loadConfig({ env, cwd: scratchPath("pages-config") }).config;

test("pages are those that are given, else those of this installation once they are built", () => {
  const folder = scratchPath("pages-built");
  expect(pagesRoot(config(), folder)).toBe("");
  expect(pagesRoot(config(), join(folder, "none"))).toBe("");
  writeFileSync(join(folder, "index.html"), "");
  expect(pagesRoot(config(), folder)).toBe(folder);
  expect(pagesRoot(config({ API__PAGES_ROOT: "/given" }), folder)).toBe("/given");
});

test("this installation has its pages where the set-up builds them", () => {
  expect(pagesRoot(config())).toMatch(/\/apps\/web\/dist\/pages$/);
});

test("a terminal is shown the link with any key whole, anything else without it", () => {
  const api = { url: "http://[::1]:8000", key: "a key/with+signs&é%" };
  const link = pagesLink(api, { tty: true });
  expect(link).toMatch(/^http:\/\/\[::1\]:8000\/\?key=/);
  expect(new URL(link).searchParams.get("key")).toBe(api.key);
  expect(pagesLink(api, { tty: false })).toBe("http://[::1]:8000/");
  expect(pagesLines("/pages", api, { tty: false }, 7)).toEqual(["pages  http://[::1]:8000/"]);
  expect(pagesLines("", api, { tty: true }, 7)).toEqual([]);
  expect(pagesLink({ ...api, key: undefined }, { tty: true })).toBe("http://[::1]:8000/"); // it asks for it
});
