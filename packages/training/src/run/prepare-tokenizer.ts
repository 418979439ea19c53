import { createHash } from "node:crypto";
import { join } from "node:path";
import { isFolder } from "@trainer/disk";
import { loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { methodInfo } from "@trainer/tokenizers/capabilities";
import type { Corpus, ReadOptions } from "../corpus/corpus.js";
import type { SplitPlan } from "../corpus/split-plan.js";
import { splitVersionOf } from "../corpus/split-version.js";
import { openHome } from "../home/home.js";
import { resolveTokenizer } from "../home/resolve-tokenizer.js";
import { tokenizerFileIn } from "../home/tokenizer-file.js";
import { skippedWarning } from "../tokenizer/skipped-lines.js";
import { saveTokenizer } from "../tokenizer/save-tokenizer.js";
import { trainOnCorpus } from "../tokenizer/train-on-corpus.js";
import { trainingProgress } from "../tokenizer/training-progress.js";
import type { RunEvent } from "./events.js";
import { readManifest } from "../home/manifest.js";
import { methodOf, type TrainOptions } from "../options/options.js";
import { splitOptions } from "../options/split-options.js";
import { vocabSizeFor } from "../options/vocab-size.js";

export interface NamedTokenizer {
  /** Its id in the home; of one from elsewhere, its path. */
  readonly id: string;
  readonly tokenizer: Tokenizer;
}

export interface TokenizerRequest {
  readonly options: TrainOptions;
  readonly home: string;
  readonly corpus: Corpus;
  /** Gives the plan of its splits. */
  readonly plan: (read: ReadOptions) => Promise<SplitPlan>;
  /** The folder of the model that the run starts from, whose tokenizer is the natural one; null without. */
  readonly pretrained: string | null;
  readonly emit: (event: RunEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/** The run's tokenizer: the requested one, else the pretrained model's, else one trained on the training split. */
export async function prepareTokenizer(request: TokenizerRequest): Promise<NamedTokenizer> {
  const { options, home, pretrained, emit } = request;
  let named: NamedTokenizer;
  if (options.tokenizer !== null) named = await existing(options.tokenizer, home);
  else if (pretrained !== null && (await tokenizerFileIn(pretrained)) !== null) named = await ofModel(pretrained);
  else named = await trainedOnCorpus(request);
  const { vocabSize } = named.tokenizer;
  emit({ type: "tokenizer", phase: "ready", progress: 1, tokenizerId: named.id, vocabSize });
  return named;
}

async function existing(ref: string, home: string): Promise<NamedTokenizer> {
  const { id, path } = await resolveTokenizer(ref, openHome(home));
  return { id: id ?? path, tokenizer: await loadTokenizer(path) };
}

/** A tokenizer of a run's model keeps its name there. */
async function ofModel(path: string): Promise<NamedTokenizer> {
  const manifest = await readManifest(join(path, "manifest.json"));
  return { id: manifest?.tokenizer_id ?? path, tokenizer: await loadTokenizer(path) };
}

/** Trains a tokenizer on the training split, or takes the one that was trained so before. */
async function trainedOnCorpus({ options, home, corpus, plan, emit, signal }: TokenizerRequest) {
  const { document, holdoutFraction, testSplitRatio, seed, dedup, minFrequency, threads } = options;
  const split = splitOptions(options);
  const method = methodOf(options);
  const vocabSize = options.vocabSize ?? vocabSizeFor(corpus.totalBytes);
  const made = {
    method,
    corpusSha256: await corpus.sha256({ signal }),
    document,
    separator: corpus.separator,
    conversations: corpus.conversations ?? undefined, // what was made of texts keeps its name
    holdoutFraction,
    testSplitRatio,
    seed,
    dedup: dedup === "none" ? undefined : dedup, // what was made before there was a choice keeps its name
    minFrequency,
    vocabSize,
    SPLIT_VERSION: splitVersionOf(corpus.conversations, split.splitVersion),
  };
  const key = createHash("sha256").update(JSON.stringify(made)).digest("hex").slice(0, 12);
  const sized = methodInfo(method).leastVocabSize === null ? method : `${method}-${vocabSize}`;
  const id = `${sized}-${key}`;
  const dir = join(openHome(home).tokenizers, id);
  if (await isFolder(dir)) return { id, tokenizer: await loadTokenizer(dir) };

  const trained = await trainOnCorpus(corpus, {
    method,
    split,
    plan,
    vocabSize,
    minFrequency,
    threads: threads === 0 || threads === "auto" ? undefined : threads,
    signal,
    onProgress: (p) => {
      const progress = trainingProgress(p, corpus.totalBytes);
      emit({ type: "tokenizer", phase: p.phase, progress, tokenizerId: id, vocabSize: null });
    },
  });
  await corpus.assertUnchanged(); // its name says what text it was trained on
  const warning = skippedWarning(trained.manifest.skipped_lines, "--max-sentence-length of `trainer tokenizer train`");
  if (warning !== null) emit({ type: "warning", message: warning });
  await saveTokenizer(dir, trained);
  return { id, tokenizer: trained.tokenizer };
}
