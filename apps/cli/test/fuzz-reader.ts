import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const CHILD = fileURLToPath(new URL("fuzz-child.mjs", import.meta.url));
const LIMIT_MS = 10_000;
const LIMIT_MB = 1024;
const WATCH_MS = 20;

const Refusal = z.object({ name: z.string(), message: z.string(), stack: z.string() });
const Answer = z.object({ refusal: Refusal.nullable() });

/** Names of our own errors: any other was not meant. */
const OURS = /^(Tokenizer|Torch|Model|Training|Service|App)Error$/;
const INNER = /\b(Type|Range|Reference|Zod|Internal)Error\b|\[object/;

/** The most characters of a refusal. */
const LONGEST = 100_000;

/** Outcome of a folder's files: read, refused with a message, or a fault. */
export type Outcome = typeof READ | typeof REFUSED | { readonly fault: string };
export const READ = "read";
export const REFUSED = "refused";

/** A process that reads what may end it: it is started again where it did. */
export class Reader implements AsyncDisposable {
  #child: ChildProcess | null = null;
  #stderr = "";
  readonly #args: readonly string[];

  constructor(kind: string, base: string, place: string) {
    this.#args = [kind, base, place];
  }

  async read(folder: string): Promise<Outcome> {
    const child = this.#child ?? (await this.#start());
    const before = memory(child);
    let wrong: string | null = null;
    const stop = (why: string) => {
      wrong ??= why;
      child.kill("SIGKILL");
    };
    const late = setTimeout(() => stop(`takes more than ${LIMIT_MS} ms`), LIMIT_MS);
    const watch = setInterval(() => {
      if (memory(child) > before + LIMIT_MB) stop(`takes more than ${LIMIT_MB} MB`);
    }, WATCH_MS);
    const answered = once(child, "message").then(([answer]) => Answer.parse(answer).refusal);
    const ended = once(child, "close").then(
      ([code, signal]) => `ended with ${String(signal ?? code)}: ${this.#stderr.slice(-3000)}`,
    );
    child.send(folder);
    const outcome = await Promise.race([answered, ended]);
    clearTimeout(late);
    clearInterval(watch);
    if (typeof outcome !== "string") return outcome === null ? READ : refused(outcome);
    this.#child = null;
    return { fault: wrong ?? outcome };
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(CHILD, this.#args, { stdio: ["ignore", "ignore", "pipe", "ipc"], execArgv: [] });
    this.#child = child;
    this.#stderr = "";
    child.stderr?.on("data", (text) => (this.#stderr = (this.#stderr + String(text)).slice(-10_000)));
    await once(child, "message");
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    child.kill();
    await once(child, "close");
  }
}

/** Peak megabytes of the process since the last call. */
function memory({ pid }: ChildProcess): number {
  try {
    const kilobytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return kilobytes / 1024;
  } catch {
    return 0; // it has ended
  }
}

function refused({ name, message, stack }: z.infer<typeof Refusal>): Outcome {
  if (OURS.test(name) && message.trim() !== "" && !INNER.test(message) && message.length < LONGEST) return REFUSED;
  return { fault: `${name}: ${message.slice(0, 500)}\n${stack.slice(0, 2000)}` };
}
