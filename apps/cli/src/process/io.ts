import type { Interruptible } from "./interrupts.js";

/** A destination of text: process.stdout and process.stderr fit, and so does an array in a test. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** A source of text: process.stdin fits. */
export type Source = AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean | undefined };

/** All that a command knows of the process it runs in. */
export interface Io {
  readonly stdin: Source;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder it was started in, where configuration files are looked for. */
  readonly cwd: string;
  /** The command by which this program is called: `trainer`, if it is on the PATH. */
  readonly program: string;
  readonly interruptible: Interruptible;
}
