import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { at } from "../paths.js";

test("npm start brings the system up, with the flags of trainer serve, and Ctrl-C stops it", async () => {
  const home = mkdtempSync(join(tmpdir(), "start-"));
  const flags = ["--port", "0", "--data-bank-port", "0", "--home", home];
  const start = spawn(process.execPath, [at("scripts/start.js"), ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const text of start.stdout.setEncoding("utf8")) {
    said += String(text);
    if (said.includes("addresses")) start.kill("SIGINT");
  }
  const [code] = start.exitCode === null ? await once(start, "exit") : [start.exitCode];
  expect(code).toBe(0);
  expect(said).toMatch(/^worker .* ready in/m);
  rmSync(home, { recursive: true });
}, 120_000);
