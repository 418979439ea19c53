import { binsFolder, openHome } from "../home/home.js";
import { hasBins } from "../bins/has-bins.js";
import { TrainingError } from "../errors.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";

/**
 * Opens the run's corpus and notes the hash of its text; a run that has begun on another text is not gone on with. A new run
 * in a home without any token bins will have to split it, which is done in the same reading.
 */
export async function identifyCorpus(
  { options, manifest, context, corpus }: Session,
  reporter: Reporter,
): Promise<void> {
  const { signal } = context;
  const opened = await corpus.current({
    signal,
    onLook: (looked, files) => reporter.emit({ type: "data", phase: "open", looked, files }),
  });
  const { totalBytes } = opened;
  const emit = (phase: "split" | "hash", bytes: number) =>
    reporter.emit({ type: "data", phase, bytes, totalBytes, tokens: 0, tokensPerSec: 0 });
  const before = manifest.current.corpus_sha256;
  if (before === null && !(await hasBins(binsFolder(openHome(context.home))))) {
    await corpus.plan({ signal, onRead: ({ bytes }) => emit("split", bytes) });
  }
  const hash = await opened.sha256({ signal, onRead: ({ bytes }) => emit("hash", bytes) });
  emit("hash", totalBytes); // it may have been known
  if (before !== null && before !== hash) {
    throw new TrainingError(
      "CONFLICT",
      `the corpus ${options.corpus.join(", ")} has changed since the run began: put the old text back to resume it, ` +
        "or start a new run",
    );
  }
  await manifest.update({ corpus_sha256: hash });
}
