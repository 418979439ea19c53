import { invalid } from "./check-input.js";
import { TokenizerError } from "./errors.js";
import { type NativeSentencePieceTrainer, sentencePiece } from "./sentencepiece-addon.js";
import {
  parseSentencePieceOptions,
  type SentencePieceOptionsGiven,
  toLibraryOptions,
} from "./sentencepiece-options.js";
import { SentencePieceTokenizer } from "./sentencepiece.js";
import { textBatches } from "./text-batches.js";
import { bytesOf, checkTrainOptions, checkWhole, PROGRESS_MS, trainingError } from "./train-input.js";
import type { TrainOptions, TrainProgress } from "./train-options.js";

/** Options of every training, and SentencePiece's own. A sentence is a line, of files and of texts. */
export type TrainSentencePieceOptions = Omit<TrainOptions, "unit"> & SentencePieceOptionsGiven;

const LARGEST_VOCABULARY = 2 ** 24;
/** The library's own: an option that is given is written into the model, so this one is not. */
const MAX_SENTENCE_LENGTH = 4192;

/**
 * Learns a vocabulary with Google's own trainer: the model that `SentencePieceTrainer.train(sentence_iterator=…)` makes of
 * the same lines and options, byte for byte. Cancelling takes effect between two lines, and while learning at the
 * library's next line of log (every 20 merges of BPE, every step of unigram's EM); in between it goes on, unheard.
 * Throws INVALID_INPUT, also for a vocabulary that the text cannot give, CORPUS_EMPTY, CANCELLED,
 * TOKENIZER_TRAIN_FAILED and, where the library is not built, UNSUPPORTED_BACKEND.
 */
export async function trainSentencePiece(options: TrainSentencePieceOptions): Promise<SentencePieceTokenizer> {
  const { files, texts, vocabSize, threads, signal, onProgress: _, onSkipped, ...own } = options;
  checkTrainOptions(options);
  checkWhole("vocabSize", vocabSize);
  if (vocabSize < 1 || vocabSize > LARGEST_VOCABULARY)
    throw invalid(`vocabSize must be from 1 to ${LARGEST_VOCABULARY}, not ${vocabSize}`);
  const settings = parseSentencePieceOptions({ ...(threads === undefined ? {} : { numThreads: threads }), ...own });
  const { Trainer } = sentencePiece();
  const totalBytes = files === undefined ? null : await bytesOf(files);
  const trainer = new Trainer();
  const { maxSentenceLength = MAX_SENTENCE_LENGTH } = settings;
  const report = progressReporter(trainer, totalBytes, options);
  const cancel = () => trainer.cancel();
  let timer: NodeJS.Timeout | undefined;
  try {
    signal?.throwIfAborted();
    const model = trainer.train(toLibraryOptions({ vocabSize, ...settings }), files ?? null, maxSentenceLength);
    signal?.addEventListener("abort", cancel);
    timer = setInterval(report, PROGRESS_MS);
    // Whichever fails first ends the training: a source of texts that waits cannot hold a cancelled one up.
    const [bytes] = await Promise.all([model, texts === undefined ? null : feed(trainer, texts, model)]);
    signal?.throwIfAborted();
    const tokenizer = new SentencePieceTokenizer(bytes);
    report(true);
    const { bytes: read, tooLong, tooLongBytes, reserved, reservedBytes } = trainer.progress();
    if (tooLong + reserved > 0)
      onSkipped?.({ bytes: read, maxSentenceLength, tooLong, tooLongBytes, reserved, reservedBytes });
    return tokenizer;
  } catch (error) {
    throw trainingError(explained(error, trainer, { ...options, maxSentenceLength }), signal);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", cancel);
  }
}

async function feed(
  trainer: NativeSentencePieceTrainer,
  texts: NonNullable<TrainOptions["texts"]>,
  model: Promise<unknown>,
): Promise<void> {
  let over = false;
  const ended = () => {
    over = true;
  };
  model.then(ended, ended);
  try {
    for await (const { bytes, ends } of textBatches(texts)) {
      if (over) return; // it has all the sentences that it wanted
      await trainer.push(bytes, ends);
    }
    trainer.end();
  } catch (error) {
    trainer.cancel();
    throw error;
  }
}

/** Unigram starts from many pieces and drops some, by the same share in each round: progress is the logarithm. */
function progressReporter(
  trainer: NativeSentencePieceTrainer,
  totalBytes: number | null,
  { vocabSize, onProgress }: Pick<TrainOptions, "vocabSize" | "onProgress">,
): (done?: boolean) => void {
  let most = 0;
  return (done = false) => {
    const { learns, bytes, pieces } = trainer.progress();
    most = Math.max(most, pieces);
    const shrinking = most > vocabSize ? Math.log(most / pieces) / Math.log(most / vocabSize) : pieces / vocabSize;
    const merges = done ? vocabSize : Math.floor(vocabSize * Math.min(shrinking, 1));
    const phase: TrainProgress["phase"] = learns || done ? "merge" : "count";
    onProgress?.({ phase, bytes, totalBytes, merges, totalMerges: vocabSize });
  };
}

/** The library's refusals in our words, with what would be right. */
function explained(
  error: unknown,
  trainer: NativeSentencePieceTrainer,
  options: TrainSentencePieceOptions & { readonly maxSentenceLength: number },
): unknown {
  if (!(error instanceof Error) || error instanceof TokenizerError || !("code" in error)) return error;
  const { message, code } = error;
  if (code === "EMPTY" || message.includes("!sentences_.empty()")) {
    const { tooLong, reserved } = trainer.progress();
    const why = [
      ...(tooLong === 0
        ? []
        : [
            `${reserved === 0 ? "all " : ""}${tooLong} lines are longer than maxSentenceLength ${options.maxSentenceLength}`,
          ]),
      ...(reserved === 0 ? [] : [`${reserved} lines have the character U+2585, which SentencePiece's trainer keeps`]),
    ].join(", ");
    return new TokenizerError("CORPUS_EMPTY", `there is no text to train on${why === "" ? "" : `: ${why}`}`, {
      cause: error,
    });
  }
  const most = message.includes("Vocabulary size too high") ? /<= (\d+)/.exec(message)?.[1] : undefined;
  const least = /smaller than required_chars\. \d+ vs (\d+)/.exec(message)?.[1];
  if (most !== undefined) {
    const instead = `ask for that, or for as many as there are with hardVocabLimit: false`;
    return invalid(`vocabSize ${options.vocabSize} is more than this text can give, ${most}; ${instead}`, error);
  }
  if (least !== undefined) {
    const instead = "ask for that, or for fewer characters with characterCoverage";
    return invalid(
      `vocabSize ${options.vocabSize} has no room for the ${least} characters and special pieces of this text; ${instead}`,
      error,
    );
  }
  return error;
}
