import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { TrainingError } from "../errors.js";

const Holder = z.object({
  pid: z.int().positive(),
  started: z.string(),
  host: z.string(),
  /** Where somebody hands out turns on a run: the holder's. */
  turn: z.int().min(0).default(0),
});
type Holder = z.infer<typeof Holder>;

/**
 * One process trains a run at a time. The lock is a file that names its holder by process id, the time that process
 * began (ids are used again) and host; one whose holder is gone, killed for instance, is taken over. Whether the holder on
 * another host is gone nobody here can see: there the turn decides, which whoever hands them out raises with each holder.
 */
export class RunLock implements Disposable {
  readonly #path: string;
  readonly #text: string;

  constructor(
    path: string,
    readonly runId: string,
    turn = 0,
  ) {
    const own: Holder = { pid: process.pid, started: String(startOf(process.pid)), host: hostname(), turn };
    this.#path = path;
    this.#text = JSON.stringify(own);
    if (this.#create()) return;
    removeStale(path, (at) => isHeld(at, turn));
    if (!this.#create()) throw held(runId, path);
  }

  /**
   * To be asked before anything of the run is written.
   * @throws TrainingError CONFLICT, which may pass: the lock has become another's, whose turn is later
   */
  mayWrite(): void {
    if (read(this.#path) === this.#text) return;
    const message = `run ${this.runId} has been taken over by ${holderOf(this.#path)}`;
    throw new TrainingError("CONFLICT", "TRANSIENT", message);
  }

  /** Whether there was none, and now it is ours. */
  #create(): boolean {
    try {
      writeFileSync(this.#path, this.#text, { flag: "wx" });
      return true;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    }
  }

  /** Gives the lock up, unless it has become another's. */
  [Symbol.dispose](): void {
    if (read(this.#path) === this.#text) rmSync(this.#path, { force: true });
  }
}

/** Whether a living process holds the lock at `path`, as far as a process with that turn can tell. */
export function isHeld(path: string, turn = 0): boolean {
  const holder = parse(read(path));
  return holder !== null && isAlive(holder, turn);
}

/** The turn of the lock's last holder, living or not; 0 without one. */
export const lastTurn = (path: string): number => parse(read(path))?.turn ?? 0;

/**
 * Removes a lock whose holder is gone. It is moved aside first and looked at again, lest another process has taken it over
 * in between: then it is put back.
 */
export function removeStale(path: string, held: (path: string) => boolean = (at) => isHeld(at)): void {
  if (held(path)) return;
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another process was quicker
  }
  if (held(aside)) linkSync(aside, path);
  rmSync(aside);
}

function held(runId: string, path: string): TrainingError {
  return new TrainingError(
    "CONFLICT",
    "USER_INPUT",
    `run ${runId} is being trained by ${holderOf(path)}: wait for it or stop it (if it is certainly gone, delete ${path})`,
  );
}

/** Who holds a lock, in words. */
function holderOf(path: string): string {
  const holder = parse(read(path));
  if (holder === null) return "another process, which has ended";
  const { pid, host } = holder;
  const where = host === hostname() ? "this machine" : host;
  return `process ${pid} of ${where}, since ${statSync(path).mtime.toUTCString()}`;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function parse(text: string | null): Holder | null {
  try {
    return Holder.parse(JSON.parse(text ?? ""));
  } catch {
    return null;
  }
}

/** On another host one cannot know: unless a later turn has been given since, it counts as alive. */
const isAlive = ({ pid, started, host, turn }: Holder, later: number): boolean =>
  host === hostname() ? String(startOf(pid)) === started : turn >= later;

/** When a process began, in whatever terms the system has; null if there is no such process, or one that has ended. */
export function startOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return startByPs(pid);
  }
  // From the third field on; the second, the command in parentheses, may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X") return null; // killed, and only not yet collected by its parent
  return fields.slice(18, 19).join("");
}

/** For systems without /proc. */
function startByPs(pid: number): string | null {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
