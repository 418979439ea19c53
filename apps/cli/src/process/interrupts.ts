import { EXIT, type ExitCode } from "./exit-codes.js";

/** Runs `body` with a signal that aborts on a request to stop, with a `Stopped` as its reason. */
export type Interruptible = <T>(body: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/** A request to stop: no failure, but an exit code of its own. Named as abort errors are everywhere. */
export class Stopped extends Error {
  override readonly name = "AbortError";
  constructor(
    readonly by: StopCause,
    readonly exitCode: ExitCode,
  ) {
    super(`stopped by ${by}`);
  }
}

/** What a command prints can no longer be written: its disk is full, for instance. A failure, which stops all work. */
export class OutputLost extends Stopped {
  constructor(override readonly cause: Error) {
    super("lost output", EXIT.failed);
  }
}

const STOP_CODES = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
} as const;

/** Signals that stop a command. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `EPIPE`: the reader of our output has gone, as `| head` does when it has seen enough. */
export type StopCause = keyof typeof STOP_CODES | "EPIPE" | "lost output";

/** The part of `process` that tells of signals. */
export interface SignalSource {
  on(signal: keyof typeof STOP_CODES, listener: () => void): unknown;
  off(signal: keyof typeof STOP_CODES, listener: () => void): unknown;
}

/**
 * Time within which a further signal is an echo of the first: `timeout`, npm and terminals signal a process and its
 * group.
 */
export const ECHO_MS = 1000;

/** The part of `process.stdout` that tells of a reader that has gone. */
export interface ErrorSource {
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** A body that can be stopped. */
interface Running {
  readonly controller: AbortController;
  stopped: Stopped | null;
}

/**
 * The first signal asks all running bodies to stop. After its echoes the listeners are removed, so that a second one
 * has the system's default effect and ends the process at once, even within a native call; unless a body has begun
 * meanwhile, which is then asked to stop.
 */
export function interrupts(
  signals: SignalSource,
  stdout: ErrorSource,
  exit: (reason: Stopped) => void,
  echoMs = ECHO_MS,
): Interruptible {
  const running = new Set<Running>();
  let listening = false;
  let echoes = false;
  const stop = (reason: Stopped) => {
    if (echoes) return;
    echoes = true;
    for (const body of running) {
      body.stopped ??= reason;
      body.controller.abort(body.stopped);
    }
    setTimeout(() => {
      echoes = false;
      update();
    }, echoMs).unref();
  };
  const listeners = SIGNALS.map((name) => [name, () => stop(new Stopped(name, STOP_CODES[name]))] as const);
  const update = () => {
    const wanted = echoes || [...running].some(({ stopped }) => stopped === null);
    if (wanted === listening) return;
    listening = wanted;
    for (const [name, listener] of listeners) {
      if (wanted) signals.on(name, listener);
      else signals.off(name, listener);
    }
  };
  stdout.on("error", (error) => {
    const reason = error.code === "EPIPE" ? new Stopped("EPIPE", EXIT.readerGone) : new OutputLost(error);
    if (running.size === 0) exit(reason);
    stop(reason);
  });
  return async (work) => {
    const body: Running = { controller: new AbortController(), stopped: null };
    running.add(body);
    update();
    try {
      const result = await work(body.controller.signal);
      if (body.stopped instanceof OutputLost) throw body.stopped; // the result that was printed is not there
      return result;
    } catch (error) {
      throw body.stopped !== null && isCancellation(error) ? body.stopped : error;
    } finally {
      running.delete(body);
      update();
    }
  };
}

/** True for the error of aborted work, as opposed to a failure at the last moment. */
const isCancellation = (error: unknown): boolean =>
  error instanceof Error && (error.name === "AbortError" || ("code" in error && error.code === "CANCELLED"));
