import { spawn } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { Failure, newFailure, TrainingError } from "../errors.js";
import type { Failed } from "./trial-request.js";
import { z } from "zod";

export interface InProcess {
  /** Called with each message of the process, and what ends it. */
  readonly onMessage: (message: unknown, end: () => void) => void;
  /** Ends the process. */
  readonly signal?: AbortSignal | undefined;
  /** Niceness of its threads; 0: as important as any. */
  readonly niceness?: number;
}

/**
 * Has a process of its own serve one request: its memory's height is that of the request alone, what it holds on a GPU is
 * given back with it, and should the kernel end it for its memory, it ends nothing else.
 *
 * @param module exports `serve`, which waits for the request
 * @returns how it ended: "SIGKILL", "code 0"
 */
export async function inProcess(module: URL, request: object, options: InProcess): Promise<string> {
  const { onMessage, signal, niceness = 0 } = options;
  signal?.throwIfAborted();
  const code = `await (await import(${JSON.stringify(module.href)})).serve()`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const stop = () => child.kill("SIGKILL");
  child.on("message", (message) => onMessage(message, stop));
  if (niceness > 0 && child.pid !== undefined) setPriority(child.pid, niceness); // before it has threads, which get it too
  child.send(request);
  signal?.addEventListener("abort", stop, { once: true });
  await once(child, "close").finally(() => signal?.removeEventListener("abort", stop));
  signal?.throwIfAborted();
  return child.signalCode ?? `code ${child.exitCode}`;
}

/** The end of a process's channel to its parent. */
export interface Channel<M> {
  once(event: "message", listener: (message: unknown) => void): unknown;
  send?(message: M): unknown;
  disconnect?(): void;
}

/** Waits for one request, which `answer` answers by messages or with a failure, and ends. */
export function serveOne<M>(
  channel: Channel<M | Failed>,
  answer: (request: unknown, emit: (message: M) => void) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.once("message", (message) => {
      answer(message, (each) => channel.send?.(each))
        .catch((error: unknown) => {
          channel.send?.({ type: "failed", failure: Failure.parse(TrainingError.from(error)) });
        })
        .finally(() => channel.disconnect?.())
        .then(resolve, reject);
    });
  });
}

/** Parses a message of the process that `who` names; a malformed one is its failure. */
export function eventIn<M>(schema: z.ZodType<M>, message: unknown, who: string): M | Failed {
  const { data, error } = schema.safeParse(message);
  if (error === undefined) return data;
  const why = `${who} said what cannot be understood: ${z.prettifyError(error)}`;
  return { type: "failed", failure: newFailure("INTERNAL_ERROR", why.replaceAll("\n", " ")) };
}
