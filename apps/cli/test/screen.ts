import type { Io, Sink, Source } from "../src/process/io.js";
import type { Interruptible } from "../src/process/interrupts.js";

/** A stream that keeps what is written to it. */
export class Kept implements Sink {
  readonly writes: string[] = [];
  constructor(
    readonly isTTY = false,
    public columns = 80,
  ) {}
  write(text: string): boolean {
    this.writes.push(text);
    return true;
  }
  get text(): string {
    return this.writes.join("");
  }
}

export interface TestIo extends Io {
  readonly stdout: Kept;
  readonly stderr: Kept;
}

export interface TestIoOptions {
  readonly tty?: boolean;
  readonly columns?: number;
  readonly env?: Io["env"];
  readonly cwd?: string;
  readonly program?: string;
  readonly stdin?: string | Source;
  readonly interruptible?: Interruptible;
}

/** A process of its own for a command: what it reads and writes stays in memory. */
export function testIo({
  tty = false,
  columns = 80,
  env = {},
  cwd = "/",
  program = "trainer",
  stdin = "",
  interruptible,
}: TestIoOptions = {}): TestIo {
  return {
    stdin: typeof stdin === "string" ? source(stdin) : stdin,
    stdout: new Kept(tty, columns),
    stderr: new Kept(tty, columns),
    env,
    cwd,
    program,
    interruptible: interruptible ?? ((body) => body(new AbortController().signal)),
  };
}

async function* source(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  if (text !== "") yield await Promise.resolve(new TextEncoder().encode(text));
}
