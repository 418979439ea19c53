import { setNumThreads } from "@trainer/torch";
import { searchForText } from "../batch-size/find-batch.js";
import { folderOfRun } from "./folder-of-run.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";

/** Sequences that a batch is made of. */
interface Sequences {
  readonly seqLen: number;
  readonly vocabSize: number;
  /** Tokens of the text to train on. */
  readonly tokens: number;
}

/**
 * Sequences in a batch: with "auto" found once, with the fastest number of threads unless one was requested, and stored
 * so that a resumed run has as many.
 */
export async function runBatchSize(
  session: Session,
  reporter: Reporter,
  { seqLen, vocabSize, tokens }: Sequences,
): Promise<number> {
  const { options, manifest, context, folder } = session;
  const known = manifest.current.batch_size;
  if (known > 0) return known;
  const { batchSize, threads: fastest } = await searchForText(
    {
      options: { ...options, threads: manifest.current.threads },
      vocabSize,
      maxSeqLen: seqLen,
      dimensionsFrom: folder.path,
      teacherFrom: await folderOfRun(options.teacher, session),
    },
    tokens,
    context.signal,
  );
  const threads = options.threads === 0 ? fastest : manifest.current.threads;
  await manifest.update({ batch_size: batchSize, threads });
  setNumThreads(threads);
  reporter.emit({ type: "batch", batchSize });
  return batchSize;
}
