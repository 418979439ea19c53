import { fork, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { Watchdog, withoutSecrets, type Engine } from "@trainer/platform";
import type { traceFields } from "@trainer/platform/tracing";
import { newFailure } from "@trainer/training/files";
import { pino, type Logger } from "pino";
import { z } from "zod";
import { FromChild, type Report, type ToChild } from "../child/messages.js";
import { ChildConfig, type WorkerConfig } from "../config.js";
import { PACE } from "../intervals.js";
import type { ChildWork, MeasuredChild } from "../telemetry/metrics.js";
import { CpuTime } from "./cpu-time.js";
import { oomKills } from "./oom-kills.js";
import { residentBytes } from "./resident-bytes.js";

/** Command line of a child: a module, and node's arguments before it. */
export interface ChildCommand {
  readonly module: string;
  readonly execArgv: readonly string[];
}

/** Starts a process that hears and says messages. */
export type Fork = (command: ChildCommand) => ChildProcess;

const forkNode: Fork = ({ module, execArgv }) =>
  fork(module, [], {
    execArgv: [...execArgv],
    env: withoutSecrets(process.env), // it opens what strangers have made
    serialization: "advanced", // JSON has no infinite perplexity
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });

/** Outcome of a process. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True if the kernel killed processes for their memory meanwhile. */
  readonly oom: boolean;
  /** True if it was ended for lack of heartbeats. */
  readonly hung: boolean;
}

/** Longest computation without a heartbeat: a step of a large model on a slow machine is one call. */
const MOST_BUSY_MS = 3 * 3_600_000;
/** Computing for so much of the time, on a machine that others use too, is being at work. */
const BUSY_SHARE = 0.01;

/** Fields by which a job's log records are found. */
export type LogFields = ReturnType<typeof traceFields>;

/** Characters of a line of output that get into the log. */
const MOST_OF_A_LINE = 2000;

export interface ChildOptions {
  readonly lifeMs?: number;
  /** Gets what it has for the log, with its process id and what it is at. */
  readonly log?: Logger;
  readonly fork?: Fork | undefined;
  /** Called with what it computes with; left out, it is not asked. */
  readonly onEngine?: (engine: Engine) => void;
}

const SILENT = pino({ level: "silent" });

/** A process that does the work which may crash. */
export class Child implements MeasuredChild {
  readonly ended: Promise<Ended>;
  readonly #process: ChildProcess;
  #onMessage: (message: Report) => void = () => {};
  #oomKillsBefore = oomKills();
  readonly #watchdog: Watchdog;
  readonly #log: Logger;
  readonly #onEngine: ((engine: Engine) => void) | undefined;
  /** Its job, as in log records. */
  #job: { readonly run_id?: string; readonly tokenizer_id?: string } = {};
  #fields: LogFields = {};
  #work: ChildWork = "spare";
  #gpuBytes: number | null = null;
  #killed = false;
  #hung = false;

  constructor(
    command: ChildCommand,
    config: WorkerConfig,
    { lifeMs = PACE.life, log = SILENT, fork = forkNode, onEngine }: ChildOptions = {},
  ) {
    this.#process = fork(command);
    this.#log = log.child({ pid: this.pid });
    this.#onEngine = onEngine;
    for (const output of [this.#process.stdout, this.#process.stderr].filter((each) => each instanceof Readable))
      this.#logLines(output); // there is none of a process that could not be started
    this.#process.on("message", (raw) => {
      this.#watchdog.seen();
      const { success, data, error } = FromChild.safeParse(raw);
      if (success) return this.#hear(data);
      // What cannot be understood is this process's failure alone.
      const message = `a process said what cannot be understood: ${z.prettifyError(error).replaceAll("\n", " ")}`;
      this.#onMessage({ type: "failed", failure: newFailure("INTERNAL_ERROR", message) });
      this.#process.kill("SIGKILL");
    });
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) =>
        resolve({ code, signal, oom: oomKills() > this.#oomKillsBefore, hung: this.#hung });
      this.#process.once("error", () => end(null, null)); // it could not even be started
      this.#process.once("exit", end);
    });
    this.#watchdog = this.#watch(lifeMs);
    const tellEngine = onEngine !== undefined;
    this.say({ type: "configure", config: ChildConfig.parse(config), parent: process.pid, tellEngine });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** True if we ended it. */
  get killed(): boolean {
    return this.#killed;
  }

  get work(): ChildWork {
    return this.#work;
  }

  get rssBytes(): number | null {
    return residentBytes(this.pid);
  }

  /** As its latest heartbeat told. */
  get gpuBytes(): number | null {
    return this.#gpuBytes;
  }

  #hear(message: FromChild): void {
    if (message.type === "alive") this.#gpuBytes = message.gpuBytes;
    else if (message.type === "log")
      this.#log[message.level]({ ...this.#fields, ...this.#job, ...message.fields }, message.message);
    else if (message.type === "engine") this.#onEngine?.(message.engine);
    else this.#onMessage(message);
  }

  /** Gives it a job: its messages from here on, and its death, are the job's. @param fields for its log records */
  employ(onMessage: (message: Report) => void, fields: LogFields = {}): void {
    this.#onMessage = onMessage;
    this.#fields = fields;
    this.#oomKillsBefore = oomKills();
  }

  /** Calls `listener` once it has ended. */
  whenEnded(listener: (ended: Ended) => void): void {
    this.ended.then(listener, () => {});
  }

  /** Sends a message; the promise `ended` reports that the process has gone. */
  say(message: ToChild): void {
    if (message.type === "train") [this.#job, this.#work] = [{ run_id: message.runId }, "training"];
    if (message.type === "tokenizer") [this.#job, this.#work] = [{ tokenizer_id: message.tokenizer_id }, "tokenizer"];
    if (message.type === "ask") this.#work = "answers";
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** Output of libraries, and of a dying process, becomes log records too. */
  #logLines(output: Readable): void {
    createInterface(output).on("line", (line) =>
      this.#log.warn({ event: "child_output", ...this.#fields, ...this.#job }, line.slice(0, MOST_OF_A_LINE)),
    );
  }

  #watch(everyMs: number): Watchdog {
    const cpuTime = new CpuTime(this.pid);
    const watchdog = new Watchdog({
      everyMs,
      onSilent: () => {
        this.#hung = true;
        this.#process.kill("SIGKILL");
      },
      isBusy: () => cpuTime.exceeds((BUSY_SHARE * everyMs) / 1000),
      mostBusyLooks: MOST_BUSY_MS / everyMs,
    });
    this.whenEnded(() => watchdog[Symbol.dispose]());
    return watchdog;
  }

  /** Kills it; its files appear whole or not at all. */
  kill(): void {
    this.#killed = true;
    this.#process.kill("SIGKILL");
  }
}
