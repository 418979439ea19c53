import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Interruptible } from "../src/process/interrupts.js";
import { run } from "../src/program.js";
import { testIo, type TestIo } from "./screen.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The parts of a system are processes of the built command. */
export const build = () =>
  void execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b", "apps/cli"], { cwd: root });

const Part = z.object({ url: z.string().optional(), pid: z.int().optional() });
const Addresses = z.object({ pid: z.int(), redis: Part, "data-bank": Part, worker: Part, api: Part });

export const addresses = (home: string) => Addresses.parse(JSON.parse(readFileSync(join(home, "serve.json"), "utf8")));

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Looks again and again, since what other processes do sends no events here. */
export async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 10));
}

export interface Running {
  readonly io: TestIo;
  /** Ctrl-C, and once more. */
  interrupt(): void;
  readonly ended: Promise<number>;
}

const UP = /^addresses|"ready":true/m;

/**
 * `trainer serve` in this process, with its parts in others; resolves once all is up, or once it has printed the given
 * text.
 */
export const serving = (
  line: readonly string[],
  env: Record<string, string>,
  cwd: string,
  seen = UP,
  tty = false,
): Promise<Running> => running(["serve", ...line], env, cwd, seen, tty);

/**
 * A command in this process that runs until it is stopped; resolves once it has printed `seen` on stdout, or is over.
 */
export async function running(
  line: readonly string[],
  env: Record<string, string>,
  cwd: string,
  seen: RegExp,
  tty = false,
): Promise<Running> {
  const bodies = new Set<AbortController>();
  const interruptible: Interruptible = async (body) => {
    const controller = new AbortController();
    bodies.add(controller);
    try {
      return await body(controller.signal);
    } finally {
      bodies.delete(controller);
    }
  };
  const io = { ...testIo({ tty, env: { PATH: process.env["PATH"], ...env }, cwd }), interruptible };
  const ended = run(line, io);
  let over = false;
  ended.then(
    () => (over = true),
    () => (over = true),
  );
  await until(() => over || seen.test(io.stdout.text));
  return { io, ended, interrupt: () => [...bodies].find(({ signal }) => !signal.aborted)?.abort() };
}

export const exited = (pid: number) => until(() => !isAlive(pid));
