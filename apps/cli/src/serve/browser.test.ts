import { chmodSync, existsSync, readFileSync } from "node:fs";
import { scratch, type Scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { until } from "../../test/serving.js";
import { browserOpener, openInBrowser, overSsh } from "./browser.js";

test("a browser is opened where somebody sees it, by what each system has for that", () => {
  expect(browserOpener("darwin", {})).toEqual(["open"]);
  expect(browserOpener("win32", {})).toEqual(["cmd", "/c", "start", ""]);
  expect(browserOpener("linux", { DISPLAY: ":0" })).toEqual(["xdg-open"]);
  expect(browserOpener("linux", { WAYLAND_DISPLAY: "wayland-0" })).toEqual(["xdg-open"]);
  expect(browserOpener("linux", { DISPLAY: "" })).toBeNull();
  for (const name of ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]) {
    expect(browserOpener("darwin", { [name]: "there" })).toBeNull();
    expect(browserOpener("linux", { [name]: "there", DISPLAY: "localhost:10.0" })).toBeNull();
  }
  expect(overSsh({ SSH_TTY: "" })).toBe(false);
});

const LINK = "http://127.0.0.1:8000/?key=secret";
const quiet = () => new AbortController().signal;

/** A program of its own that does what the lines say. */
async function program(folder: Scratch, ...lines: readonly string[]) {
  const path = await folder.write("browser", ["#!/usr/bin/env node", ...lines].join("\n"));
  chmodSync(path, 0o755);
  return path;
}

test("a browser comes for the link, without having it or another secret on its command line or in its environment", async () => {
  await using folder = await scratch();
  const seen = folder.join("seen.json");
  const path = await program(
    folder,
    `fetch(process.argv.at(-1), { redirect: "manual" }).then((response) => {`,
    `  const came = [response.headers.get("location"), process.argv.slice(2, -1), JSON.stringify([process.argv, process.env])];`,
    `  require("node:fs").writeFileSync(${JSON.stringify(`${seen}.new`)}, JSON.stringify(came));`,
    `  require("node:fs").renameSync(${JSON.stringify(`${seen}.new`)}, ${JSON.stringify(seen)});`,
    `});`,
  );
  const env = { PATH: process.env["PATH"], SECURITY__API_KEY: "secret" };
  expect(await openInBrowser(LINK, [path, "--new"], { env, signal: quiet() })).toBe(true);
  await until(() => existsSync(seen));
  const [link, args, known] = z.array(z.unknown()).parse(JSON.parse(readFileSync(seen, "utf8")));
  expect([link, args]).toEqual([LINK, ["--new"]]);
  expect(known).not.toContain("secret");
});

test("a browser that is not there, fails, or does not come is told of, and a stop is not waited for", async () => {
  await using folder = await scratch();
  const env = { PATH: process.env["PATH"] };
  const opened = (path: string, options: object = {}) =>
    openInBrowser(LINK, [path], { env, signal: quiet(), ...options });
  expect(await opened(folder.join("none"))).toBe(false);
  expect(await opened(await program(folder, "process.exit(3)"))).toBe(false);
  const idle = await program(folder, "");
  expect(await opened(idle, { withinMs: 50 })).toBe(false);
  expect(await opened(idle, { signal: AbortSignal.timeout(50) })).toBe(false);
});
