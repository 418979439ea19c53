import { spawn } from "node:child_process";
import { once } from "node:events";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { at } from "../paths.js";

test("npm start brings the system up, with the flags of trainer serve, and Ctrl-C stops it", async () => {
  await using home = await scratch();
  const flags = ["--port", "0", "--data-bank-port", "0", "--home", home.path];
  const start = spawn(process.execPath, [at("scripts/start.js"), ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const text of start.stdout.setEncoding("utf8")) {
    said += String(text);
    if (said.includes("addresses")) start.kill("SIGINT");
  }
  const [code] = start.exitCode === null ? await once(start, "exit") : [start.exitCode];
  expect(code).toBe(0);
  expect(said).toMatch(/^worker .* ready in/m);
}, 120_000);
