import { familyInfo, snakeKeys } from "@trainer/models/capabilities";
import { TrainRequest } from "@trainer/platform";
import type { z } from "zod";
import { checkedOptions, DIMENSION_FLAGS, toTrainInput, TrainFlags } from "../flags/train-options.js";
import type { Invocation } from "../framework/define-command.js";
import { remoteText, sendText } from "./corpus.js";
import { followRemote } from "./follow-run.js";
import { refuseLocal, requestOf } from "./request.js";
import type { Server } from "../services/server.js";

/** The field of the request that each option is. */
const FIELDS = {
  model: "model_family",
  size: "model_size",
  modelConfig: "model_config",
  maxSeqLen: "max_seq_len",
  numEpochs: "num_epochs",
  maxSteps: "max_steps",
  batchSize: "batch_size",
  learningRate: "learning_rate",
  corpus: "corpus_file_id",
  as: "corpus_format",
  document: "document",
  documentSeparator: "document_separator",
  specialTokens: "special_tokens",
  tokenizer: "tokenizer_id",
  tokenizerMethod: "tokenizer_method",
  vocabSize: "vocab_size",
  minFrequency: "min_frequency",
  holdoutFraction: "holdout_fraction",
  testSplitRatio: "test_split_ratio",
  evalTokens: "eval_tokens",
  seed: "seed",
  userId: "user_id",
  pretrainedRunId: "pretrained_run_id",
  freezeEmbed: "freeze_embed",
  gradientClipping: "gradient_clipping",
  optimizer: "optimizer",
  device: "device",
  precision: "precision",
  deterministic: "deterministic",
  dataNumWorkers: "data_num_workers",
  dataPinMemory: "data_pin_memory",
  earlyStoppingPatience: "early_stopping_patience",
  finetuneLrCap: "finetune_lr_cap",
};

type Flags = z.output<typeof TrainFlags>;

/** Trains on a server as on this machine: sends the text, and follows the run. */
export async function trainRemote(
  server: Server,
  { args, options, home, io, out }: Pick<Invocation<Flags>, "args" | "options" | "home" | "io" | "out">,
): Promise<void> {
  refuseLocal(TrainFlags, options, [...Object.keys(FIELDS), ...DIMENSION_FLAGS]);
  const { modelConfig } = checkedOptions(toTrainInput(args, options));
  const asked = {
    ...options,
    modelConfig: snakeKeys(modelConfig),
    tokenizerMethod: options.tokenizerMethod ?? familyInfo(options.model)?.tokenizer ?? "bpe",
  };
  requestOf(TrainRequest, { ...asked, corpus: args[0] }, FIELDS); // before anything is sent
  const text = await remoteText(args, options.as);
  const runId = await io.interruptible(async (signal) => {
    const { fileId } = await sendText(text, { home, io, out }, signal);
    const request = requestOf(TrainRequest, { ...asked, as: text.format, corpus: fileId }, FIELDS);
    return (await server.client.train(request, { signal })).run_id;
  });
  await followRemote({ io, out }, server, runId);
}
