import { resolve } from "node:path";
import { at } from "@trainer/disk";
import { binsOfRun, textsOf } from "../bins/bins-of-run.js";
import { buildBins, type BinsProgress } from "../bins/build-bins.js";
import { conversationsOf } from "../bins/encode-conversations.js";
import type { Lengths } from "../bins/lengths.js";
import { lossOfBoth, type Loss } from "../bins/lost-text.js";
import { mixOf } from "../bins/mixture.js";
import { RunCorpus } from "../bins/run-corpus.js";
import type { TokenBin } from "../bins/token-bin.js";
import { corpusPaths } from "../corpus/corpus-paths.js";
import { openCorpus } from "../corpus/corpus.js";
import type { LeftOut } from "../home/text-losses.js";
import type { FetchContext } from "../home/data-bank.js";
import { TrainingError } from "../errors.js";
import { binsFolder, type Home } from "../home/home.js";
import { endOfDocument } from "../step/end-of-document.js";
import type { RunOptions } from "../options/options.js";
import { optionsOfRun } from "../options/options-of-run.js";
import type { PlannedTexts } from "../step/evaluate-texts.js";
import { nextToken, type Objective } from "../step/objective.js";
import { planTexts } from "../step/planned-evaluation.js";
import { objectiveOf } from "../preference/objectives.js";
import { assertKnownRule } from "../corpus/split-version.js";
import { frameOf } from "./begin.js";
import type { EvaluateOptions } from "@trainer/options";
import type { OpenModel } from "./open-model.js";
import { planPairText, type PairText } from "./pair-text.js";

export interface EvaluationText extends PlannedTexts, Disposable {
  /** What is measured. */
  readonly objective: Objective;
  /** Names of the texts where they are mixed. */
  readonly sources: readonly string[];
  /** True if a part of them is drawn. */
  readonly sampled: boolean;
  /** UTF-8 bytes and characters of the text; of a sample those of its targets. */
  readonly bytes: number;
  readonly characters: number;
  /** Null of texts that are mixed. */
  readonly documentLengths: Lengths | null;
  readonly documents: number;
  /** Bytes of the whole split or text, and its lost text. */
  readonly splitBytes: number;
  readonly loss: Loss | null;
}

export interface ReadContext extends FetchContext {
  readonly home: Home;
  /** The corpus of the run where it is open; else it is opened by its paths. */
  readonly corpus?: RunCorpus | null | undefined;
  readonly onData?: ((progress: BinsProgress) => void) | undefined;
  /** Called with the parts of an external text that are not evaluated. */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
}

/**
 * The text to evaluate a model on, in batches: the user's own, or a split of its training corpus. A run's model reads
 * it as validation in training did: in windows and batches as long, documents kept apart where they were.
 */
export async function openEvaluationText(
  opened: OpenModel,
  options: EvaluateOptions,
  read: ReadContext,
): Promise<EvaluationText> {
  const encoded = await (options.path === null
    ? splitOfRun(opened, options, read)
    : externalText(opened, options.path, options, read));
  try {
    const text = await plan(opened, options, encoded, read);
    return { ...text, [Symbol.dispose]: () => encoded.bins[Symbol.dispose]() };
  } catch (error) {
    encoded.bins[Symbol.dispose]();
    throw error;
  }
}

async function plan(
  opened: OpenModel,
  options: EvaluateOptions,
  { texts: bins, sources, shares, pairs }: Encoded,
  read: ReadContext,
): Promise<Omit<EvaluationText, typeof Symbol.dispose>> {
  const { device, manifest } = opened;
  if (pairs !== null && options.stride !== null)
    throw invalid("stride: pairs of answers are read whole, not in windows; leave it out");
  const context = contextOf(opened);
  // Sums over as many sequences as in training round alike; a batch found for a GPU may be too much for a CPU.
  const trained = manifest?.device === device ? manifest.batch_size : 0;
  const batchSize = options.batchSize ?? (trained || Math.max(1, Math.floor(4096 / context)));
  const documentEnd = keepsApart(opened) ? endOfDocument(opened.model, opened.tokenizer) : null;
  // Of a run's split the same windows are drawn as in training.
  const own =
    options.path === null && manifest !== null ? optionsOfRun(manifest) : { evalTokens: 0, seed: options.seed };
  const { seed } = own;
  const evalTokens = options.evalTokens ?? own.evalTokens;
  const reading = { context, stride: options.stride ?? context, batchSize, evalTokens, seed, documentEnd, device };
  const texts =
    pairs === null
      ? await planTexts(bins, opened.tokenizer, reading)
      : [await planPairText(opened, pairs, { seqLen: context, batchSize, seed, evalTokens }, read)];
  const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
  return {
    texts,
    objective: pairs === null ? nextToken() : objectiveOf({ ...pairs.options, zLoss: 0 }),
    shares,
    sources,
    sampled: texts.some(({ sampled }) => sampled),
    bytes: sum(texts.map(({ bytes }) => bytes)),
    characters: sum(texts.map(({ characters }) => characters)),
    documentLengths: texts.length === 1 ? at(texts, 0).documentLengths : null,
    documents: sum(bins.map(({ documents }) => documents)),
    splitBytes: sum(bins.map(({ bytes }) => bytes)),
    loss: bins.map(({ measured }) => measured?.loss ?? null).reduce((a, b) => a && b && lossOfBoth(a, b)),
  };
}

/** Tokens that a model reads at once, as it did in training. */
const contextOf = ({ contextLength, manifest }: OpenModel): number =>
  Math.min(contextLength, manifest?.max_seq_len ?? Infinity);

const keepsApart = ({ manifest }: OpenModel) => manifest !== null && optionsOfRun(manifest).maskDocuments;

/** Cutting of a text for a model of unknown training. */
const FOREIGN = { document: "file", documentSeparator: "auto", format: "text" } as const;

/** The texts to evaluate, with what keeps their bins. */
interface Encoded extends Pick<PlannedTexts, "shares"> {
  readonly texts: readonly TokenBin[];
  readonly sources: readonly string[];
  readonly bins: Disposable;
  /** The same, of a run that learnt pairs of answers; null: each token counts. */
  readonly pairs: PairText | null;
}

/** A whole text as one bin. */
async function externalText(
  opened: OpenModel,
  path: string,
  { document, format, bos, specialTokens }: EvaluateOptions,
  context: ReadContext,
): Promise<Encoded> {
  const options = opened.manifest && optionsOfRun(opened.manifest);
  const trained = options ?? FOREIGN;
  const records = format ?? trained.format;
  const learnt = records === "preference" || records === "auto" ? pairsLearnt(options) : null;
  const corpus = await openCorpus(resolve(path), {
    document: document ?? trained.document,
    separator: trained.documentSeparator,
    records,
    home: context.home,
    signal: context.signal,
  });
  const bins = await buildBins({
    corpus,
    tokenizer: opened.tokenizer,
    split: { holdoutFraction: 0, testSplitRatio: 0, seed: 0 },
    specialTokens,
    frame: frameOf(opened, bos),
    conversations: await conversationsOf(corpus, opened.tokenizer, contextOf(opened), learnt !== null),
    measureTraining: true,
    cacheDir: binsFolder(context.home),
    signal: context.signal,
    onProgress: context.onData,
  });
  context.onLeftOut?.(bins.leftOut);
  const pairs = learnt && { bin: bins.train, bins, split: "train" as const, options: learnt };
  return { texts: [bins.train], sources: [], shares: [1], bins, pairs };
}

/** The options of a run that learnt pairs of answers; null of another. */
const pairsLearnt = (options: RunOptions | null): RunOptions | null =>
  options === null || options.preference === "none" ? null : options;

/** The split that the run kept from training, made again from the same corpus if its bins are gone. */
async function splitOfRun(opened: OpenModel, { split, bos }: EvaluateOptions, context: ReadContext): Promise<Encoded> {
  const { manifest, dir } = opened;
  if (manifest === null) {
    throw invalid(
      `${dir} was not made by a run here, so it has no ${split} split: give the path of a text to evaluate it on`,
    );
  }
  const options = optionsOfRun(manifest);
  const unreadable = (error: unknown) => {
    const { code, failureClass, message } = TrainingError.from(error);
    const advice = "put the corpus back, or give the path of another text";
    const explained = `the corpus of run ${manifest.run_id} cannot be read: ${message}; ${advice}`;
    throw new TrainingError(code, explained, { failureClass, cause: error });
  };
  using text = await corpusPaths(options, context).catch(unreadable);
  const { paths } = text;
  const { home, signal } = context;
  const corpus = context.corpus ?? new RunCorpus({ ...options, corpus: [...paths] }, home);
  const whole = await corpus.open({ signal }).catch(unreadable);
  if (manifest.corpus_sha256 !== (await whole.sha256({ signal }))) {
    throw invalid(
      `the corpus of run ${manifest.run_id} (${paths.join(", ")}) has changed since it was trained, so its ${split} split ` +
        "cannot be told from what it was trained on: put the old text back, or give the path of another text",
    );
  }
  assertKnownRule(manifest);
  const { tokenizer } = opened;
  const frame = frameOf(opened, bos);
  const reading = { tokenizer, frame, signal, onProgress: context.onData };
  const bins = await binsOfRun(corpus, { ...options, maxSeqLen: contextOf(opened) }, home, reading);
  const texts = textsOf(bins, split);
  if (texts !== null) {
    const learnt = pairsLearnt(options);
    const pairs = learnt && { bin: at(texts, 0), bins: at(bins.sources, 0), split, options: learnt };
    return { texts, ...mixOf(options), bins, pairs };
  }
  bins[Symbol.dispose]();
  const fraction = split === "test" ? "test split ratio" : "holdout fraction";
  throw invalid(`run ${manifest.run_id} has no ${split} split (its ${fraction} was 0): give the path of a text`);
}

const invalid = (message: string) => new TrainingError("INVALID_INPUT", message);
