import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isErrno, writeJsonSync } from "@trainer/disk";
import { AppError, withoutCredentials } from "@trainer/platform";
import { isHeld, FileLock } from "@trainer/training/files";
import { z } from "zod";
import type { Places } from "./parts.js";

export interface ServedHome extends Disposable {
  /** Processes of one that was killed while it served this home: they may yet be on their way out. */
  readonly leftBehind: readonly number[];
  /** Writes down where the parts are; addresses may hold passwords, so for this user's eyes alone. */
  tell(places: Places): void;
}

/** Readable by its owner alone: addresses may hold passwords. */
const PRIVATE = { mode: 0o600 };

export const serveFile = (home: string) => join(home, "serve.json");
const lockFile = (home: string) => join(home, "serve.lock");

/** True if a living process serves a home. */
export const isServed = (home: string): boolean => isHeld(lockFile(home));

/**
 * Ensures that one process at a time serves an existing home.
 * @throws AppError CONFLICT with the addresses of the other one's parts
 */
export function serveHome(home: string): ServedHome {
  const file = serveFile(home);
  const lock = take(home);
  const left = leftIn(file);
  const started_at = new Date().toISOString();
  const tell = (places: Places) => writeJsonSync(file, { pid: process.pid, started_at, home, ...places }, PRIVATE);
  if (left.length > 0) tell(Object.fromEntries(left)); // nobody is to be sent to where those were
  return {
    leftBehind: left.map(([, { pid }]) => pid),
    tell,
    [Symbol.dispose]() {
      rmSync(file, { force: true });
      lock[Symbol.dispose]();
    },
  };
}

function take(home: string): FileLock {
  try {
    return new FileLock(lockFile(home), "serve");
  } catch (error) {
    if (!isErrno(error, "CONFLICT")) throw error;
    throw new AppError(
      "CONFLICT",
      `${home} is being served already, ${other(home)}\n` +
        "Use that one, stop it, or serve another folder with --home DIR.",
      { cause: error },
    );
  }
}

/** The home, unless another process serves it. */
export function serveHomeIfFree(home: string): ServedHome | null {
  try {
    return serveHome(home);
  } catch (error) {
    if (isErrno(error, "CONFLICT")) return null;
    throw error;
  }
}

/** Processes of the parts that the file of a killed one names. */
function leftIn(file: string): [name: string, { pid: number }][] {
  try {
    const places = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, "utf8")));
    return Object.entries(places).flatMap(([name, place]) => {
      const running = Running.safeParse(place).data;
      return running === undefined ? [] : [[name, running] satisfies [string, object]];
    });
  } catch {
    return [];
  }
}

const Running = z.object({ pid: z.int() });
const ServeRecord = z.object({ pid: z.int() }).catchall(z.unknown());
const Reached = z.object({ url: z.string() });

/** The process that serves the home, with its parts' addresses. */
function other(home: string): string {
  try {
    const { pid, ...rest } = ServeRecord.parse(JSON.parse(readFileSync(serveFile(home), "utf8")));
    const urls = Object.entries(rest).map(([name, place]) => [name, Reached.safeParse(place).data?.url]);
    const lines = urls.flatMap(([name, url]) => (url === undefined ? [] : [`\n  ${name}  ${withoutCredentials(url)}`]));
    return `by process ${pid}:${lines.join("")}`;
  } catch {
    return "by a process that has not said yet where";
  }
}
