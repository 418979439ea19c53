import type { Home } from "@trainer/training";
import { lookingOn, ProgressLine } from "../display/progress-line.js";
import { tellStop } from "../display/tell-stop.js";
import { corpusArgument } from "../flags/corpus-argument.js";
import type { Invocation } from "../framework/define-command.js";
import { fetching } from "./fetching.js";

/** Corpus that a command reads. */
export interface GivenCorpus {
  readonly paths: readonly string[];
  /** Options with which it is opened. */
  readonly where: {
    readonly home: Home;
    readonly signal: AbortSignal;
    readonly onLook: ReturnType<typeof lookingOn>;
  };
  /** Progress, cleared at the end. */
  readonly line: ProgressLine;
}

/** Reads the corpus of an argument, which is fetched where it is an id; an interrupt stops the reading. */
export async function withCorpus<T>(
  names: readonly string[],
  { home: root, io, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
  read: (corpus: GivenCorpus) => Promise<T>,
): Promise<T> {
  const { corpusPaths, openHome } = await import("@trainer/training/files");
  const named = corpusArgument(names);
  const home = openHome(root);
  const work = io.interruptible(async (signal) => {
    using corpus = await corpusPaths(named, { home, ...(await fetching({ home: root, io, out })), signal });
    const line = new ProgressLine(io, out);
    const where = { home, signal, onLook: lookingOn(line) };
    return await read({ paths: corpus.paths, where, line }).finally(() => line.clear());
  });
  return await tellStop(out, work);
}
