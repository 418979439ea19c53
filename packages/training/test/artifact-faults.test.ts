import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { scratchPath } from "@trainer/testing";
import { sha256 } from "@trainer/testing/tar";
import { packRun, unpackRun } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limited, smallDisk } from "./small-disk.js";

const RUNNER = fileURLToPath(new URL("run-child.mjs", import.meta.url));
const WEIGHTS = Buffer.alloc(3 << 20, 7);

let folder = "";
let archive: Buffer = Buffer.alloc(0);
beforeAll(async () => {
  folder = scratchPath("artifact-faults");
  const run = join(folder, "original");
  mkdirSync(run);
  writeFileSync(join(run, "manifest.json"), "{}");
  writeFileSync(join(run, "model.safetensors"), WEIGHTS);
  const to = new PassThrough();
  [archive] = await Promise.all([buffer(to), packRun(run, "r", to)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const again = async (dir: string) => {
  await unpackRun(() => Readable.from([archive]), dir, { runId: "r", fileId: sha256(archive) });
  expect(readdirSync(join(dir, ".."))).toEqual(["r"]);
  expect(readFileSync(join(dir, "model.safetensors")).equals(WEIGHTS)).toBe(true);
};

function startUnpacking(dir: string, [program = "", ...args]: readonly string[] = [process.execPath]) {
  const task = JSON.stringify({ dir, runId: "r", fileId: sha256(archive) });
  const child = spawn(program, [...args, RUNNER, task, "unpack-child.ts"], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {}); // it may end before it has read all
  return child;
}

test("killed while it unpacks, nothing is at the run's place, and the next time makes it whole", async () => {
  const models = join(folder, "killed");
  const child = startUnpacking(join(models, "r"));
  child.stdin.write(archive.subarray(0, 2 << 20));
  const begun = () =>
    existsSync(models) && readdirSync(models).some((name) => existsSync(join(models, name, "model.safetensors")));
  while (!begun()) await setTimeout(5);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(readdirSync(models)).toEqual([expect.stringMatching(/^\.tmp-/)]);
  await again(join(models, "r"));
});

test("with a file that may not grow nothing is left, and the reason is told", async () => {
  const models = join(folder, "limited");
  const child = startUnpacking(join(models, "r"), limited(1 << 20));
  child.stdin.end(archive);
  expect(await text(child.stdout)).toBe("INSUFFICIENT_STORAGE");
  expect(readdirSync(models)).toEqual([]);
  await again(join(models, "r"));
});

test("on a full disk nothing is left; with room it works", async (context) => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  context.skip(!smallDisk(disk, "size=1m"), "a small disk cannot be mounted here");
  try {
    const dir = join(disk, "models", "r");
    await expect(again(dir)).rejects.toMatchObject({ code: "INSUFFICIENT_STORAGE", failureClass: "FATAL" });
    expect(readdirSync(join(disk, "models"))).toEqual([]);
    smallDisk(disk, "remount,size=8m");
    await again(dir);
  } finally {
    execFileSync("umount", [disk]);
  }
});
