import { createInterface } from "node:readline";
import { Readable, Writable } from "node:stream";
import { EXIT } from "../process/exit-codes.js";
import { Stopped } from "../process/interrupts.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";
import { readLines } from "../process/read-lines.js";

export interface Conversation {
  /** Somebody types the messages. */
  readonly interactive: boolean;
  /** Messages, a line each, trimmed. */
  readonly lines: AsyncIterable<string>;
}

/** Messages from a terminal, with a prompt, line editing and earlier lines on the arrow keys; or from a pipe. */
export function conversation(io: Io, out: Output): Conversation {
  const { stdin } = io;
  const { isTTY } = stdin;
  if (isTTY === true && !out.json && stdin instanceof Readable) {
    return { interactive: true, lines: typed(stdin, io, out) };
  }
  return { interactive: false, lines: piped(io) };
}

async function* piped({ stdin }: Io): AsyncGenerator<string, void, undefined> {
  for await (const line of readLines(stdin)) yield line.trim();
}

/** Each line is read by an interface of its own, so that while an answer is written Ctrl-C reaches the process. */
async function* typed(input: Readable, io: Io, out: Output): AsyncGenerator<string, void, undefined> {
  const history: string[] = [];
  for (;;) {
    const lines = await question(input, io, out, history);
    if (lines.length === 0) return;
    for (const line of lines) {
      history.unshift(line);
      yield line.trim();
    }
  }
}

/** The next line, or lines where several are pasted; none at the end of input. Ctrl-C rejects with a `Stopped`. */
function question(input: Readable, io: Io, out: Output, history: readonly string[]): Promise<string[]> {
  const output = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      io.stdout.write(text);
      done();
    },
  });
  Object.assign(output, { columns: out.screen.columns() });
  const prompt = out.paint.cyan("> ");
  const terminal = createInterface({ input, output, terminal: true, history: [...history], prompt });
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    terminal.on("line", (line) => {
      lines.push(line);
      setImmediate(() => terminal.close());
    });
    terminal.once("close", () => resolve(lines));
    terminal.once("SIGINT", () => {
      io.stdout.write("\n");
      reject(new Stopped("SIGINT", EXIT.interrupted));
      terminal.close();
    });
    terminal.prompt();
  });
}
