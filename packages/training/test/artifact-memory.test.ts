import { createReadStream, createWriteStream, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { scratch } from "@trainer/testing";
import { packRun, unpackRun } from "@trainer/training";
import { expect, test } from "vitest";
import { sha256 } from "./run-files.js";

test("memory does not grow with the run", async () => {
  await using folder = await scratch("artifact");
  const [run, back] = [folder.join("r"), folder.join("back", "r")];
  mkdirSync(run);
  writeFileSync(folder.join("r", "manifest.json"), '{"run_id":"r"}');
  const weights = await folder.write("r/model.safetensors", "");
  truncateSync(weights, 400 << 20);
  const path = folder.join("large.tar.gz");
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
  const { sha256: fileId } = await packRun(run, "r", createWriteStream(path));
  await unpackRun(() => createReadStream(path), back, { runId: "r", fileId });
  clearInterval(watch);
  expect(most - before).toBeLessThan(150 << 20);
  expect(sha256(folder.join("back", "r", "model.safetensors"))).toBe(sha256(weights));
});
