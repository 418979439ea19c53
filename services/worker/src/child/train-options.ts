import type { TrainSettings } from "@trainer/platform";
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
    tokenizer: tokenizerOf(request),
    modelFamily: request.model_family,
    modelSize: request.model_size,
    pretrainedRunId: pretrained,
    freezeEmbed: request.freeze_embed,
    // A request always has a length, and of a run that starts from other weights it means nothing: theirs does.
    maxSeqLen: pretrained === null ? request.max_seq_len : null,
    batchSize: request.batch_size,
    numEpochs: request.num_epochs,
    optimizer: request.optimizer,
    learningRate: request.learning_rate,
    finetuneLrCap: request.finetune_lr_cap,
    gradientClipping: request.gradient_clipping,
    holdoutFraction: request.holdout_fraction,
    testSplitRatio: request.test_split_ratio,
    earlyStoppingPatience: request.early_stopping_patience,
    seed: request.seed,
    device: request.device,
    precision: request.precision,
    deterministic: request.deterministic,
    dataNumWorkers: request.data_num_workers,
    dataPinMemory: request.data_pin_memory,
  };
}

/** Weights bring their own tokenizer; a new model needs one to be named. */
function tokenizerOf({ tokenizer_id: id, pretrained_run_id: pretrained }: TrainSettings): string | null {
  if (id.trim() !== "") return id;
  if (pretrained !== null) return null;
  throw new TrainingError(
    "TOKENIZER_NOT_FOUND",
    "USER_INPUT",
    "the request names no tokenizer: train one (POST /tokenizers/train), wait until it is completed, and give its tokenizer_id",
  );
}
