import type { TrainSettings } from "@trainer/platform";
import { camelKeys } from "@trainer/models/capabilities";
import { TrainingError, type TrainInput } from "@trainer/training";

interface About {
  readonly runId: string;
  readonly userId: string;
  /** Where the request's corpus lies; null where it is a file of the file service. */
  readonly corpus: string | null;
  readonly threads: number;
}

/** A request over HTTP as options of a training. */
export function trainOptions(request: TrainSettings, { runId, userId, corpus, threads }: About): TrainInput {
  const pretrained = request.pretrained_run_id;
  return {
    runId,
    userId,
    ...(corpus === null ? {} : { corpus }),
    corpusFileId: request.corpus_file_id,
    threads,
    corpusFormat: request.corpus_format,
    documentSeparator: request.document_separator,
    document: request.document,
    specialTokens: request.special_tokens,
    tokenizer: tokenizerOf(request),
    tokenizerMethod: request.tokenizer_method,
    vocabSize: request.vocab_size,
    minFrequency: request.min_frequency,
    modelFamily: request.model_family,
    modelSize: request.model_size,
    modelConfig: camelKeys(request.model_config ?? {}),
    pretrainedRunId: pretrained,
    freezeEmbed: request.freeze_embed,
    // A request always has a length, and of a run that starts from other weights it means nothing: theirs does.
    maxSeqLen: pretrained === null ? request.max_seq_len : null,
    batchSize: request.batch_size,
    numEpochs: request.num_epochs,
    maxSteps: request.max_steps,
    optimizer: request.optimizer,
    learningRate: request.learning_rate,
    finetuneLrCap: request.finetune_lr_cap,
    gradientClipping: request.gradient_clipping,
    holdoutFraction: request.holdout_fraction,
    testSplitRatio: request.test_split_ratio,
    evalTokens: request.eval_tokens,
    earlyStoppingPatience: request.early_stopping_patience,
    seed: request.seed,
    device: request.device,
    precision: request.precision,
    deterministic: request.deterministic,
    dataNumWorkers: request.data_num_workers,
    dataPinMemory: request.data_pin_memory,
  };
}

/** Weights bring their own tokenizer; a new model needs one to be named, or a method to train one by. */
function tokenizerOf({
  tokenizer_id: id,
  tokenizer_method: method,
  pretrained_run_id: pretrained,
}: TrainSettings): string | null {
  if (id.trim() !== "") return id;
  if (pretrained !== null || method !== null) return null;
  throw new TrainingError(
    "TOKENIZER_NOT_FOUND",
    "the request names no tokenizer: train one (POST /tokenizers/train), wait until it is completed, and give its tokenizer_id; or give the tokenizer_method to train one by",
  );
}
