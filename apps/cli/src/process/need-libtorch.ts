import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { cacheFolder, libtorchIsMissing, setupProgram } from "@trainer/torch/libtorch";
import { z } from "zod";
import type { Io } from "./io.js";

/** Libtorch could not be fetched; the message says why and what to do. */
class LibtorchMissing extends Error {
  override readonly name = "LibtorchMissing";
  readonly code = "LIBTORCH_MISSING";
}

/** What of an output is used. */
interface Notes {
  readonly quiet: boolean;
  note(line: string): void;
}

/**
 * Fetches libtorch where it is not on this machine yet, with its progress on stderr. True if it was fetched.
 * @throws LibtorchMissing
 */
export async function needLibtorch(io: Io, out: Notes, hooks: Hooks = {}): Promise<boolean> {
  const { isMissing = libtorchIsMissing, program = setupProgram } = hooks;
  if (!isMissing()) return false;
  out.note(
    `libtorch is fetched once, into ${cacheFolder()} (TRAINER_CACHE): 550 MB, or some GB where there is an NVIDIA driver`,
  );
  await io.interruptible((signal) => fetchBy(program, { env: io.env, shown: !out.quiet }, signal));
  return true;
}

/** What a test steers. */
interface Hooks {
  readonly isMissing?: () => boolean;
  readonly program?: string;
}

async function fetchBy(
  program: string,
  { env, shown }: { readonly env: Io["env"]; readonly shown: boolean },
  signal: AbortSignal,
): Promise<void> {
  // Its progress goes to our stderr as it is, so that a line is rewritten on a terminal; by ipc it sees that we are gone.
  const child = spawn(process.execPath, [program], { env, stdio: ["ignore", shown ? 2 : "ignore", "pipe", "ipc"] });
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  try {
    const ended = once(child, "exit");
    const said = await text(z.instanceof(Readable).parse(child.stderr));
    await ended;
    signal.throwIfAborted();
    if (child.exitCode !== 0) throw new LibtorchMissing(said.trim().replace(/^✗ /, ""));
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
