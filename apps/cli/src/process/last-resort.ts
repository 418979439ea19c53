import { EXIT, type ExitCode } from "./exit-codes.js";

/** Time for a process to end in order; a worker saves its trainings meanwhile. */
const LAST_MS = 20_000;

/** The part of `process` that reports unhandled errors and signals. */
export interface Failing {
  readonly pid: number;
  on(event: "uncaughtException", listener: (error: unknown) => void): unknown;
  kill(pid: number, signal: "SIGTERM"): unknown;
  exit(code: ExitCode): void;
}

/**
 * An unhandled error, thrown or of a promise, is a bug: it is logged, and the process is asked to stop as by a signal,
 * so that its work is saved. A second one ends it at once.
 * @returns maps the exit code: that of a failure, after such an error
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
