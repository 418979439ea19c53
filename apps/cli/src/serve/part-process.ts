import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { z } from "zod";
import type { Io } from "../process/io.js";

/** Command line of a part's process. */
export interface Launch {
  /** Arguments for node. */
  readonly args: readonly string[];
  readonly env: Io["env"];
  readonly cwd: string;
  /** Input on stdin. */
  readonly input?: string;
}

const HUNG = "it gave no sign of life any more, and was ended";

/** Last lines that are kept for the message of a death. */
const LAST_LINES = 10;

/**
 * A part of the system in a process of its own: it reports on stdout, by one line of JSON, that it is ready, and logs
 * to stderr. It leads a process group, so that a terminal's Ctrl-C does not reach it, and so that its descendants can
 * be ended with it.
 */
export class PartProcess {
  /** The first line of stdout, as JSON; fails when the process ends before it. */
  readonly ready: Promise<unknown>;
  /** Resolves to the reason of its end, with its last lines of stderr that are no log records. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #last: string[] = [];
  #hung = false;

  constructor({ args, env, cwd, input }: Launch, log: { write(line: string): void }) {
    const child = spawn(process.execPath, args, {
      env,
      cwd,
      detached: true,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe", "ipc"], // over ipc it sees that we are gone
    });
    this.#child = child;
    const last = this.#last;
    child.stdin?.on("error", () => {}); // it ended before it read all
    child.stdin?.end(input);
    createInterface(z.instanceof(Readable).parse(child.stderr)).on("line", (line) => {
      log.write(line);
      last.splice(0, last.length - LAST_LINES + 1);
      last.push(line);
    });
    this.ended = new Promise((resolve) => {
      const explained = (why: string) => [why, ...last.filter((line) => !line.startsWith("{"))].join("\n    ");
      child.on("error", (error) => resolve(explained(error.message)));
      child.on("exit", () => this.kill()); // what it left behind
      child.on("close", (code, signal) =>
        resolve(
          explained(this.#hung ? HUNG : signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`),
        ),
      );
    });
    const firstLine = new Promise<string>((resolve) =>
      createInterface(z.instanceof(Readable).parse(child.stdout)).once("line", resolve),
    );
    this.ready = Promise.race([
      firstLine.then((line): unknown => JSON.parse(line)),
      this.ended.then((why) => Promise.reject(new Error(why))),
    ]);
    this.ready.catch(() => {}); // waiters get the error
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** It is up: its start-up output explains no later death. */
  settled(): void {
    this.#last.length = 0;
  }

  /** Calls `listener` at each sign of life that it sends of itself. */
  onSign(listener: () => void): void {
    this.#child.on("message", listener);
  }

  /** Ends a process that gives no sign of life. */
  endHung(): void {
    this.#hung = true;
    this.kill();
  }

  /** Asks the process to end by itself. */
  stop(): void {
    this.#child.kill("SIGTERM");
  }

  /** Ends the process at once, with all that it has started. */
  kill(): void {
    try {
      process.kill(-Number(this.#child.pid), "SIGKILL");
    } catch {
      // there is nobody left
    }
  }
}
