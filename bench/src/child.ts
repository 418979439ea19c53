import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { z } from "zod";

/** Runs one of our own scripts in a process of its own; settings go in and the result comes out as JSON. */
export function ours<T>(script: string, settings: object, result: z.ZodType<T>): Promise<T> {
  return child(process.execPath, ["--expose-gc", fileURLToPath(new URL(script, import.meta.url))], settings, result);
}

/** The same for a peer's script of bench/peers. */
export function peer<T>(python: string, script: string, settings: object, result: z.ZodType<T>): Promise<T> {
  return child(python, [fileURLToPath(new URL(`../peers/${script}`, import.meta.url))], settings, result);
}

const child = async <T>(program: string, args: readonly string[], settings: object, result: z.ZodType<T>): Promise<T> =>
  result.parse(await lastOf(program, [...args, JSON.stringify(settings)]));

/** The last line that a program writes, which is JSON. */
export const lastOf = async (program: string, args: readonly string[]): Promise<unknown> =>
  JSON.parse((await output(program, args)).trimEnd().split("\n").at(-1) ?? "");

/** All that a program writes. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr, exited } = start(program, args);
  const [out, err, code] = await Promise.all([text(stdout), text(stderr), exited]);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${err.slice(-4000)}`);
  return out;
}

function start(program: string, args: readonly string[]) {
  const started = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number | string>((resolve, reject) => {
    started.once("error", reject);
    started.once("close", (code, signal) => resolve(code ?? signal ?? "no exit code"));
  });
  return { stdout: started.stdout, stderr: started.stderr, exited };
}
