import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { run } from "../src/program.js";
import { corpusFolder, TINY } from "./corpus.js";
import { testIo } from "./screen.js";
import { build } from "./serving.js";

const PROGRAM = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));
const PRELOAD = new URL("power-cut.mjs", import.meta.url).href;
const STEPS = "--max-steps 8 --checkpoint-every 2 --eval-every 4 --run-id one".split(" ");

const checkpoint = /checkpoints\/step-(\d+)$/;
/** The steps of the checkpoints among these paths, the newest first. */
const stepsOf = (paths: readonly string[]): number[] =>
  paths.flatMap((path) => checkpoint.exec(path)?.slice(1).map(Number) ?? []).toSorted((a, b) => b - a);

/** Status in a run's manifest; null without one. */
const statusOf = (path: string): string | null =>
  existsSync(path) ? z.object({ status: z.string() }).parse(JSON.parse(readFileSync(path, "utf8"))).status : null;

test(
  "whenever the power goes, a run goes on, loses at most one checkpoint, and ends in the same bits",
  { timeout: 1_800_000 },
  async () => {
    build();
    const { corpus } = await corpusFolder();
    const cuts = scratchPath("cuts");
    const home = join(scratchPath("power"), "home");
    mkdirSync(home);
    const env = {
      ...process.env,
      TRAINER_HOME: home,
      NODE_OPTIONS: `--import=${PRELOAD}`,
      POWER_CUT: cuts,
      POWER_CUT_ROOT: home,
    };
    const line = ["train", corpus, ...TINY, ...STEPS];
    await promisify(execFile)(process.execPath, [PROGRAM, ...line], { env });
    const model = (at: string) =>
      createHash("sha256")
        .update(readFileSync(join(at, "models", "one", "model.safetensors")))
        .digest("hex");
    const whole = model(home);
    const names = readdirSync(cuts);
    const wrong: string[] = [];
    let again = 0;
    for (const name of names) {
      const cut = join(cuts, name);
      rmSync(home, { recursive: true });
      cpSync(join(cut, "home"), home, { recursive: true });
      const seen = z.array(z.string()).parse(JSON.parse(readFileSync(join(cut, "names.json"), "utf8")));
      const [, last = 0] = stepsOf(seen);
      const status = statusOf(join(home, "models", "one", "manifest.json"));
      const io = testIo({ env: { TRAINER_HOME: home } });
      const code = await run(status === null ? line : ["resume", "one"], io);
      const from = Number(/going on from step (\d+)/.exec(io.stderr.text)?.[1] ?? 0);
      const lost = status === null ? last > 0 : status === "running" && from < last;
      if (code !== 0 || lost || model(home) !== whole) wrong.push(`${name}, ${status}: ${io.stderr.text}`);
      if (status === "running") again += 1;
    }
    console.log(`${names.length} power cuts, ${again} of them in the run`);
    expect(wrong).toEqual([]);
    expect(again).toBeGreaterThan(10);
  },
);
