import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { familyInfo } from "@trainer/models/capabilities";
import { Sha256, TokenizerTrainRequest, TrainRequest } from "@trainer/platform";
import { vocabSizeFor } from "@trainer/training/options";
import type { z } from "zod";
import { filesService, withProgress } from "../commands/files-service.js";
import { checkSize, TrainFlags } from "../commands/train-options.js";
import type { Invocation } from "../define-command.js";
import { UsageError } from "../errors.js";
import { followRemote } from "./follow-run.js";
import { refuseLocal, requestOf } from "./request.js";
import type { Server } from "./server.js";

/** The field of the request that each option is. */
const FIELDS = {
  model: "model_family",
  size: "model_size",
  maxSeqLen: "max_seq_len",
  numEpochs: "num_epochs",
  batchSize: "batch_size",
  learningRate: "learning_rate",
  corpus: "corpus_file_id",
  tokenizer: "tokenizer_id",
  holdoutFraction: "holdout_fraction",
  testSplitRatio: "test_split_ratio",
  seed: "seed",
  userId: "user_id",
  pretrainedRunId: "pretrained_run_id",
  freezeEmbed: "freeze_embed",
  gradientClipping: "gradient_clipping",
  optimizer: "optimizer",
  device: "device",
  precision: "precision",
  deterministic: "deterministic",
  earlyStoppingPatience: "early_stopping_patience",
  finetuneLrCap: "finetune_lr_cap",
};
const TOKENIZER_FIELDS = {
  tokenizerMethod: "method",
  vocabSize: "vocab_size",
  minFrequency: "min_frequency",
  corpus: "corpus_file_id",
  holdoutFraction: "holdout_fraction",
  seed: "seed",
};

type Flags = z.output<typeof TrainFlags>;
type Asked = Pick<Invocation<Flags>, "args" | "options" | "home" | "io" | "out">;

/** Trains on a server: sends the text, has a tokenizer trained where none is named, and follows the run. */
export async function trainRemote(server: Server, { args, options, home, io, out }: Asked): Promise<void> {
  checkSize(options);
  refuseLocal(TrainFlags, options, { ...FIELDS, ...TOKENIZER_FIELDS });
  const [text = "", ...more] = args;
  if (more.length > 0) throw new UsageError("a server trains on one text: name one file, or an id of its file service");
  requestOf(TrainRequest, { ...options, corpus: text }, FIELDS); // before anything is sent
  const runId = await io.interruptible(async (signal) => {
    const corpus = await corpusOn({ home, io, out }, text, signal);
    out.note("documents  each line is one: a server cuts texts so, where this machine takes a file as one document");
    const tokenizer = options.tokenizer ?? (await tokenizerFor(server, { options, out }, corpus, signal));
    const request = requestOf(TrainRequest, { ...options, corpus: corpus.id, tokenizer }, FIELDS);
    return (await server.client.train(request, { signal })).run_id;
  });
  await followRemote({ io, out }, server, runId);
}

interface Corpus {
  readonly id: string;
  readonly bytes: number;
}

/** The text by its id in the file service, where it is sent if it is a file of this machine. */
async function corpusOn(
  { home, io, out }: Pick<Asked, "home" | "io" | "out">,
  text: string,
  signal: AbortSignal,
): Promise<Corpus> {
  const files = filesService({ home, io });
  if (Sha256.safeParse(text).success) return { id: text, bytes: (await files.info(text)).size };
  const { size } = await stat(text);
  const { file_id: id } = await withProgress(io, out, basename(text), (onProgress) =>
    files.upload(text, "text/plain", { onProgress, signal }),
  );
  out.note(`corpus     ${id}`);
  return { id, bytes: size };
}

/** A tokenizer that the server trains on the text, of the kind and size that one of this machine would have. */
async function tokenizerFor(
  { client }: Server,
  { options, out }: Pick<Asked, "options" | "out">,
  corpus: Corpus,
  signal: AbortSignal,
): Promise<string> {
  const tokenizerMethod = options.tokenizerMethod ?? familyInfo(options.model)?.tokenizer;
  const vocabSize = options.vocabSize ?? vocabSizeFor(corpus.bytes);
  const asked = { ...options, tokenizerMethod, vocabSize, corpus: corpus.id };
  const request = requestOf(TokenizerTrainRequest, asked, TOKENIZER_FIELDS);
  const { tokenizer_id: id } = await client.trainTokenizer(request, { signal });
  const { status, message } = await client.waitForTokenizer(id, { signal });
  if (status !== "completed") throw new Error(`tokenizer ${id}: ${message ?? status}`);
  out.note(`tokenizer  ${id}`);
  return id;
}
