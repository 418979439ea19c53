import { join, resolve } from "node:path";
import type { TrainProgress } from "@trainer/tokenizers";
import type { Corpus, CorpusTokenizer, OpenOptions } from "@trainer/training";
import { lookingOn, ProgressLine } from "../../display/progress-line.js";
import { tellStop } from "../../display/tell-stop.js";
import { assertFree } from "../../framework/assert-free.js";
import type { Invocation } from "../../framework/define-command.js";
import { assertWritable } from "../../process/assert-writable.js";
import { tokenizerProgress } from "./progress.js";

interface Place {
  /** The folder to write; null: one in the home. */
  readonly out: string | null;
  /** True if a tokenizer's files in that folder are replaced. */
  readonly force: boolean;
}

/** Refuses a place where no tokenizer could be written. */
export async function assertPlace({ out, force }: Place, home: string): Promise<void> {
  if (out !== null && !force) await assertFree(out);
  await assertWritable(out ?? join(home, "tokenizers"), out === null ? "--home" : "--out");
}

interface Learning extends Place {
  /** 0: one a core. */
  readonly threads: number;
  readonly files: readonly string[];
  /** How the text is read. */
  readonly read: Omit<OpenOptions, "home" | "signal" | "onLook">;
}

/** Threads, interrupt and progress of whatever learns from a text. */
export interface LearningContext {
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TrainProgress) => void;
}

/** A tokenizer that was learned and saved. */
export interface Learned<T> {
  readonly made: T;
  readonly path: string;
  readonly seconds: number;
}

/** Has a tokenizer learned of texts, with progress, and saves it; an interrupt stops it, and nothing is written. */
export async function learnTokenizer<T extends CorpusTokenizer>(
  { files, read, threads, out: folder, force }: Learning,
  { home: root, io, out }: Pick<Invocation<unknown>, "home" | "io" | "out">,
  learn: (corpus: Corpus, context: LearningContext) => Promise<T>,
): Promise<Learned<T>> {
  const { contentId, openCorpus, openHome, saveTokenizer } = await import("@trainer/training/files");
  const home = openHome(root);
  const progress = new ProgressLine(io, out);
  const began = performance.now();
  const work = io
    .interruptible(async (signal) => {
      const corpus = await openCorpus(files, { ...read, home, signal, onLook: lookingOn(progress) });
      const made = await learn(corpus, {
        threads: threads === 0 ? undefined : threads,
        signal,
        onProgress: (p) => progress.update(...tokenizerProgress(p, corpus.totalBytes)),
      });
      progress.clear();
      const path = resolve(folder ?? join(home.tokenizers, await contentId(made.tokenizer)));
      await saveTokenizer(path, made, { replace: force && folder !== null });
      return { made, path, seconds: (performance.now() - began) / 1000 };
    })
    .finally(() => progress.clear());
  return await tellStop(out, work);
}
