import { EXIT, type ExitCode } from "./exit-codes.js";

/** How long a process may take to end in order; a worker has its trainings saved meanwhile. */
const LAST_MS = 20_000;

/** The part of `process` that tells of errors which nobody handled, and that is asked to stop by one. */
export interface Failing {
  readonly pid: number;
  on(event: "uncaughtException", listener: (error: unknown) => void): unknown;
  kill(pid: number, signal: "SIGTERM"): unknown;
  exit(code: ExitCode): void;
}

/**
 * An error that nobody handled, thrown or of a promise, is a bug: it is written down, and the process is asked to stop as
 * anybody would ask it, so that what it has at work is saved. A second one ends it at once.
 * @returns what the exit code of what was asked for becomes: that of a failure, where there was such an error
 */
export function lastResort(
  process: Failing,
  stderr: { write(text: string): unknown },
  lastMs = LAST_MS,
): { exitCode(code: ExitCode): ExitCode } {
  let errors = 0;
  process.on("uncaughtException", (error) => {
    errors += 1;
    stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    if (errors > 1) return process.exit(EXIT.failed);
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(EXIT.failed), lastMs).unref();
  });
  return { exitCode: (code) => (errors === 0 ? code : EXIT.failed) };
}
