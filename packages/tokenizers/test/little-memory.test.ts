import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { fixturePath } from "./fixture.js";
import { scratch } from "@trainer/testing";

const run = promisify(execFile);
const SCRIPT = ["--expose-gc", fixturePath("with-little-memory.mjs")];

/** Runs with so many megabytes beyond those of a process at its start. */
async function withLittleMemory(megabytes: number, ...args: readonly string[]): Promise<unknown> {
  const alone = await run(process.execPath, [...SCRIPT, "nothing"]);
  const { here } = z.object({ here: z.int() }).parse(JSON.parse(alone.stdout));
  const limited = `ulimit -v ${here + 1024 * megabytes} && exec "$0" "$@"`;
  return JSON.parse((await run("sh", ["-c", limited, process.execPath, ...SCRIPT, ...args])).stdout);
}

const REFUSED = "there is not enough memory";

// Elsewhere address space cannot be limited, and sanitizers take terabytes of it.
const canLimit = process.platform === "linux" && process.env["TRAINER_NATIVE_BUILD"] === undefined;

test.runIf(canLimit)("a text that memory does not suffice for is an error, on any thread", async () => {
  const refused = Array<string>(6).fill(REFUSED);
  expect(await withLittleMemory(500, "encode")).toEqual({ here: refused, inWorker: refused });
});

test.runIf(canLimit)("so is one to train on, also where a thread of the library finds out", async () => {
  await using folder = await scratch();
  const refused = [`training failed: ${REFUSED}`];
  expect(await withLittleMemory(250, "train", join(folder.path, "a"))).toEqual({ here: refused, inWorker: refused });
});
