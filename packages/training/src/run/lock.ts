import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { TrainingError } from "../errors.js";

const Holder = z.object({ pid: z.int().positive(), started: z.string(), host: z.string() });
type Holder = z.infer<typeof Holder>;

/**
 * One process trains a run at a time. The lock is a file that names its holder by process id, the time that process
 * began (ids are used again) and host; one whose holder is gone, killed for instance, is taken over.
 */
export class RunLock implements Disposable {
  readonly #path: string;
  readonly #text: string;

  constructor(path: string, runId: string) {
    const own: Holder = { pid: process.pid, started: String(startOf(process.pid)), host: hostname() };
    this.#path = path;
    this.#text = JSON.stringify(own);
    if (this.#create()) return;
    removeStale(path);
    if (!this.#create()) throw held(runId, path);
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

/** Whether a living process holds the lock at `path`. */
export function isHeld(path: string): boolean {
  const holder = parse(read(path));
  return holder !== null && isAlive(holder);
}

/**
 * Removes a lock whose holder is gone. It is moved aside first and looked at again, lest another process has taken it over
 * in between: then it is put back.
 */
export function removeStale(path: string, held: (path: string) => boolean = isHeld): void {
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
    `run ${runId} is being trained by another process, ${read(path)}: wait for it or stop it ` +
      `(if it is certainly gone, delete ${path})`,
  );
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

/** On another host one cannot know, so it counts as alive. */
const isAlive = ({ pid, started, host }: Holder): boolean => host !== hostname() || String(startOf(pid)) === started;

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
