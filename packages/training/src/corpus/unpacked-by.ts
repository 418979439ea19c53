import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** Programs that unpack what no library unpacks soundly. */
export type Unpacker = "bzip2" | "xz";

/** Parameters by which standard input is unpacked, within a gibibyte of memory, which all presets of xz stay below. */
const PARAMETERS: Readonly<Record<Unpacker, readonly string[]>> = {
  bzip2: ["-dc"],
  xz: ["-dc", "--memlimit-decompress=1GiB"],
};

/** A file that a program could not unpack, with what it says of it; null: it is not there to say anything. */
export class NotUnpacked extends Error {
  override readonly name = "NotUnpacked";

  constructor(
    readonly program: Unpacker,
    readonly said: string | null,
  ) {
    super(`${program}: ${said ?? "not there"}`);
  }
}

/**
 * The bytes of a packed file as a program of the system unpacks them, all its streams. `chunks` are taken to their end,
 * whatever the program reads of them; who leaves early ends them.
 *
 * @throws NotUnpacked
 */
export async function* unpackedBy(
  program: Unpacker,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const env = { PATH: process.env["PATH"], LC_ALL: "C" };
  const child = spawn(program, PARAMETERS[program], { stdio: "pipe", env });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", () => reject(new NotUnpacked(program, null))).once("close", resolve);
  });
  const said = text(child.stderr);
  const fed = feed(child, chunks);
  for (const each of [ended, said, fed]) each.catch(() => {}); // they are waited for below
  try {
    const unpacked: AsyncIterable<Buffer> = child.stdout;
    yield* unpacked;
    const code = await ended;
    await fed;
    if (code !== 0) throw new NotUnpacked(program, (await said).trim().replace(/^\w+: (?:\(stdin\): )?/, ""));
  } finally {
    child.kill();
  }
}

/** Gives a program its input. A program that ends early says itself why. */
async function feed(
  { stdin }: ChildProcessByStdio<Writable, Readable, Readable>,
  chunks: AsyncIterable<Buffer>,
): Promise<void> {
  stdin.on("error", () => {});
  try {
    for await (const chunk of chunks) {
      if (stdin.writable && !stdin.write(chunk))
        await new Promise((resolve) => stdin.once("drain", resolve).once("close", resolve));
    }
  } finally {
    stdin.end();
  }
}
