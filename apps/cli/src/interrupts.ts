import { EXIT, type ExitCode } from "./exit-codes.js";

/** Runs `body` with a signal that aborts, with a `Stopped` as its reason, once somebody asks to stop. */
export type Interruptible = <T>(body: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** Somebody asked to stop: not a failure, but an exit code of its own. Named as what aborts is named everywhere. */
export class Stopped extends Error {
  override readonly name = "AbortError";
  constructor(
    readonly by: StopCause,
    readonly exitCode: ExitCode,
  ) {
    super(`stopped by ${by}`);
  }
}

export const STOP_CODES = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
} as const;

/** What asks a command to stop. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `EPIPE`: whoever read our output has gone, as `| head` does when it has seen enough. */
export type StopCause = keyof typeof STOP_CODES | "EPIPE";

/** The part of `process` that tells of signals. */
export interface SignalSource {
  once(signal: keyof typeof STOP_CODES, listener: () => void): unknown;
  off(signal: keyof typeof STOP_CODES, listener: () => void): unknown;
}

/** The part of `process.stdout` that tells of a reader that has gone. */
export interface ErrorSource {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * The first signal asks the body to stop in its own time. All are let go at that moment, so that a second one finds
 * the system's default and ends the process at once, even in the middle of a native call.
 */
export function interrupts(signals: SignalSource, stdout: ErrorSource, exit: (code: ExitCode) => void): Interruptible {
  const running = new Set<(reason: Stopped) => void>();
  stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
    if (running.size === 0) exit(EXIT.readerGone);
    for (const stop of running) stop(new Stopped("EPIPE", EXIT.readerGone));
  });
  return async (body) => {
    const controller = new AbortController();
    let stopped: Stopped | null = null;
    const stop = (reason: Stopped) => {
      stopped ??= reason;
      controller.abort(stopped);
    };
    const listeners = SIGNALS.map((name) => ({
      name,
      listener() {
        release();
        stop(new Stopped(name, STOP_CODES[name]));
      },
    }));
    const release = () => {
      for (const { name, listener } of listeners) signals.off(name, listener);
    };
    running.add(stop);
    for (const { name, listener } of listeners) signals.once(name, listener);
    try {
      return await body(controller.signal);
    } catch (error) {
      throw stopped !== null && isCancellation(error) ? stopped : error;
    } finally {
      running.delete(stop);
      release();
    }
  };
}

/** What work throws that was aborted, in contrast to work that failed at the last moment. */
const isCancellation = (error: unknown): boolean =>
  error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "CANCELLED"));
