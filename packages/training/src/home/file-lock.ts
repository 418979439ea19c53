import { linkSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { createIfFree, isAbsent, isAlive, temporaryName, thisProcess } from "@trainer/disk";
import { z } from "zod";
import { TrainingError } from "../errors.js";

const Holder = z.object({
  pid: z.int().positive(),
  started: z.string(),
  host: z.string(),
  /** Unknown in a lock by an earlier version, so taken for this one. */
  boot: z.string().default(() => thisProcess().boot),
  space: z.string().default(() => thisProcess().space),
  /** The holder's fence, where one is issued. */
  turn: z.int().min(0).default(0),
});
type Holder = z.infer<typeof Holder>;

/** Wait before a lock that could not be released is released again. */
const AGAIN_MS = 1000;

/**
 * One process trains a run at a time. The lock is a file that names its holder by process id, the time that process
 * began (ids are reused) and host; one whose holder is gone, killed for instance, is taken over. A holder on another
 * host or in another container cannot be seen from here: there the fence decides, which grows with each holder.
 */
export class FileLock implements Disposable {
  readonly #path: string;
  readonly #text: string;

  constructor(
    path: string,
    readonly runId: string,
    fence = 0,
  ) {
    const own: Holder = { ...thisProcess(), turn: fence };
    this.#path = path;
    this.#text = JSON.stringify(own);
    if (createIfFree(path, this.#text)) return;
    removeStale(path, (at) => isHeld(at, fence));
    if (!createIfFree(path, this.#text)) throw held(runId, path);
  }

  /**
   * Throws if this process no longer owns the run. Call before every write to its folder.
   * @throws TrainingError CONFLICT, transient: the lock is another's, whose fence is later
   */
  assertOwned(): void {
    if (read(this.#path) === this.#text) return;
    const message = `run ${this.runId} has been taken over by ${holderOf(this.#path)}`;
    throw new TrainingError("CONFLICT", message, { failureClass: "TRANSIENT" });
  }

  /** Gives the lock up, unless it has become another's. */
  [Symbol.dispose](): void {
    try {
      if (read(this.#path) === this.#text) rmSync(this.#path, { force: true });
    } catch {
      // Held for as long as this process lives otherwise; what cannot be reached now may be soon.
      setTimeout(() => this[Symbol.dispose](), AGAIN_MS).unref();
    }
  }
}

/** True if a living process holds the lock at `path`, as far as a process with that fence can tell. */
export function isHeld(path: string, fence = 0): boolean {
  const holder = parse(read(path));
  // One on another host or in another container is unknown: unless a later fence has been issued since, it counts as
  // alive.
  return holder !== null && (isAlive(holder) ?? holder.turn >= fence);
}

/** The fence of the lock's last holder, living or not; 0 without one. */
export const lastFence = (path: string): number => parse(read(path))?.turn ?? 0;

/**
 * Removes a lock whose holder is gone. It is moved aside first and looked at again, lest another process has taken it over
 * in between: then it is put back.
 */
export function removeStale(path: string, held: (path: string) => boolean = (at) => isHeld(at)): void {
  if (held(path)) return;
  const aside = temporaryName(path);
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isAbsent(error)) return; // another process was quicker
    throw error;
  }
  try {
    if (held(aside)) putBack(aside, path);
  } catch (error) {
    putBack(aside, path); // it may be held for all one knows
    throw error;
  } finally {
    rmSync(aside, { force: true }); // housekeeping may have been quicker
  }
}

function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path);
  } catch {
    createIfFree(path, String(read(aside))); // the file system has no links, or somebody has the lock by now
  }
}

function held(runId: string, path: string): TrainingError {
  return new TrainingError(
    "CONFLICT",
    `run ${runId} is being trained by ${holderOf(path)}: wait for it or stop it (if it is certainly gone, delete ${path})`,
  );
}

/** The holder of a lock, in words. */
function holderOf(path: string): string {
  const holder = parse(read(path));
  const since = statSync(path, { throwIfNoEntry: false })?.mtime; // it may let go just now
  if (holder === null || since === undefined) return "another process, which has ended";
  const { pid, host, space } = holder;
  const own = thisProcess();
  const machine = host === own.host ? "this machine" : host;
  const where = host === own.host && space !== own.space ? `another container of ${machine}` : machine;
  return `process ${pid} of ${where}, since ${since.toUTCString()}`;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error; // a lock that cannot be read may be held
  }
}

function parse(text: string | null): Holder | null {
  try {
    return Holder.parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
}
