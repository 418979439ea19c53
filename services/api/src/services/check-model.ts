import { AppError, type TrainSettings } from "@trainer/platform";
import { camelKeys, snakeKeys, type FamilyInfo } from "@trainer/models/capabilities";
import { contradiction, snake } from "@trainer/options";
import { methodInfo } from "@trainer/tokenizers/capabilities";
import { optimizerInfo } from "@trainer/torch/capabilities";
import { TrainingError } from "@trainer/training/files";

/**
 * Refuses a model that no worker could make.
 * @throws AppError UNSUPPORTED_BACKEND, INVALID_MODEL_SIZE, INVALID_INPUT
 */
export function checkModel(
  { model_family: family, model_size: size, model_config: config }: TrainSettings,
  families: ReadonlyMap<string, FamilyInfo>,
): void {
  const info = families.get(family);
  if (info === undefined) throw new AppError("UNSUPPORTED_BACKEND", `model backend unavailable: ${family}`);
  const sizes = Object.keys(info.sizes).sort();
  if (!sizes.includes(size))
    throw new AppError("INVALID_MODEL_SIZE", `model_size must be one of: ${sizes.join(", ")} for ${family}`);
  const known = Object.keys(snakeKeys(info.dimensions.shape));
  const foreign = Object.keys(config ?? {}).filter((name) => !known.includes(name));
  if (foreign.length > 0) {
    const message = `model_config has no ${foreign.join(", ")} for ${family}; there are: ${known.join(", ")}`;
    throw new AppError("INVALID_INPUT", message);
  }
  try {
    info.outline({ size, dimensions: camelKeys(config ?? {}) });
  } catch (cause) {
    throw new AppError("INVALID_INPUT", `model_config: ${TrainingError.from(cause).message}`, { cause });
  }
}

/**
 * Refuses a vocabulary too small for the method that is to make it.
 * @throws AppError INVALID_INPUT
 */
export function checkVocabSize({ tokenizer_id: id, tokenizer_method: method, vocab_size: size }: TrainSettings): void {
  if (id.trim() !== "" || method === null || size === null) return;
  const least = methodInfo(method).leastVocabSize;
  if (least !== null && size < least)
    throw new AppError("INVALID_INPUT", `vocab_size must be >= ${least} for ${method}`);
}

/**
 * Refuses options that contradict each other.
 * @throws AppError INVALID_INPUT
 */
export function checkOptions(settings: TrainSettings): void {
  const { lora_rank: loraRank, pretrained_run_id: pretrainedRunId, optimizer, ema_decay: emaDecay, beta1 } = settings;
  const {
    freeze_embed: freezeEmbed,
    train_new_rows_first: trainNewRowsFirst,
    transfer_vocabulary: transferVocabulary,
    batch_size: batchSize,
    seq_len_warmup_steps: seqLenWarmupSteps,
    z_loss: zLoss,
    curriculum,
    preference,
    label_smoothing: labelSmoothing,
    format,
  } = settings;
  const options = {
    loraRank,
    pretrainedRunId,
    optimizer,
    emaDecay,
    beta1,
    freezeEmbed,
    trainNewRowsFirst,
    transferVocabulary,
    corpusWeights: settings.corpus_weights,
    dedup: settings.dedup,
    preference,
    labelSmoothing,
    format,
    batchSize,
    seqLenWarmupSteps,
    zLoss,
    curriculum,
    drift: settings.drift,
    teacher: settings.teacher,
    evaluate: settings.evaluate,
    verdict: settings.verdict,
  };
  const message = contradiction(options, optimizerInfo(optimizer).averages === true, snake);
  if (message !== null) throw new AppError("INVALID_INPUT", message);
}
