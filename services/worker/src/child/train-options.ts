import { camelKeys } from "@trainer/options";
import type { TrainSettings } from "@trainer/platform";
import { TrainingError, type TrainInput } from "@trainer/training";

interface About {
  readonly runId: string;
  readonly userId: string;
  /** Paths of the request's corpus; null if it is a file of the file service. */
  readonly corpus: string | string[] | null;
  readonly threads: number;
}

/** A request over HTTP as options of a training: the same names in camelCase, but for these. */
export function trainOptions(request: TrainSettings, { corpus, ...about }: About): TrainInput {
  const { corpus_path: _path, corpus_paths: _paths, tokenizer_id: _id, model_config: modelConfig, ...fields } = request;
  return {
    ...camelKeys(fields),
    ...about,
    ...(corpus === null ? {} : { corpus }),
    tokenizer: tokenizerOf(request),
    modelConfig: camelKeys(modelConfig ?? {}),
    // A request always has a length, and of a run that starts from other weights it means nothing: theirs does.
    maxSeqLen: request.pretrained_run_id === null ? request.max_seq_len : null,
  };
}

/** Pretrained weights and teachers bring their own tokenizer; a new model needs one, or a method to train one. */
function tokenizerOf({
  tokenizer_id: id,
  tokenizer_method: method,
  pretrained_run_id: pretrained,
  teacher,
}: TrainSettings): string | null {
  if (id.trim() !== "") return id;
  if (pretrained !== null || teacher !== null || method !== null) return null;
  throw new TrainingError(
    "TOKENIZER_NOT_FOUND",
    "the request names no tokenizer: train one (POST /tokenizers/train), wait until it is completed, and give its tokenizer_id; or give the tokenizer_method to train one by",
  );
}
