import { most, Sha256, type TrainAccepted } from "@trainer/platform";
import type { APIEmbed } from "discord.js";
import { ticked } from "../text/fit.js";
import { COLOR, footer, type Command, type Reply, type Use } from "./command.js";
import { option, required } from "./options.js";

const field = {
  family: option.completed("model_family", "architecture; gpt2 if left out"),
  size: option.completed("model_size", "size of that architecture; small if left out"),
  tokenizer: required(option.completed("tokenizer_id", "a tokenizer that was trained before")),
  seqLen: option.int("max_seq_len", "tokens in a sequence; 512 if left out", { min: 8, max: most.seqLen }),
  epochs: option.int("num_epochs", "passes over the corpus; 1 if left out", { min: 1, max: most.epochs }),
  batch: option.int("batch_size", "sequences in a batch; 4 if left out", { min: 1, max: most.batchSize }),
  rate: option.number("learning_rate", "learning rate; 0.0005 if left out", { min: 0 }),
};

/** `/train` and `/trainer train`: what has to be said, and what may be. */
export const train: Command = {
  description: "Train a model on a corpus",
  options: [
    required(option.completed("corpus", "a file's id in the file service, or a path under the corpus folder")),
    field.tokenizer,
    field.family,
    field.size,
    field.epochs,
    field.batch,
    field.rate,
    field.seqLen,
    option.int("seed", "the same seed gives the same model; 42 if left out", { min: 0, max: Number.MAX_SAFE_INTEGER }),
    option.completed("pretrained_run_id", "a run whose model is trained further"),
    option.choice("optimizer", "adamw if left out", ["adamw", "adam", "sgd"]),
    option.choice("device", "where it is trained; auto if left out", ["auto", "cpu", "cuda"]),
    option.choice("precision", "auto if left out", ["auto", "fp32", "fp16", "bf16", "tf32"]),
    option.number("gradient_clipping", "largest norm of the gradient, 0 for none; 1 if left out", { min: 0 }),
    option.int("early_stopping_patience", "epochs without improvement; 5 if left out", { min: 1, max: most.epochs }),
    option.number("holdout_fraction", "share kept for validation; 0.01 if left out", { min: 0, max: 0.5 }),
    option.number("test_split_ratio", "share kept for the test; 0.15 if left out", { min: 0, max: 0.5 }),
    option.flag("freeze_embed", "leave the embeddings as they are"),
  ],
  run: (use) => start(use, use.options.getString("corpus", true)),
};

/** `/train_model`, with the eight arguments that it has always had, all required. */
export const trainModel: Command = {
  description: "Train a model, with everything said",
  options: [
    field.family,
    field.size,
    field.seqLen,
    field.epochs,
    field.batch,
    field.rate,
    option.completed("corpus_path", "a path under the corpus folder, or a file's id in the file service"),
    field.tokenizer,
  ].map(required),
  run: (use) => start(use, use.options.getString("corpus_path", true)),
};

async function start(use: Use, corpus: string): Promise<Reply> {
  const { api, user, requestId, signal, options } = use;
  const given = options.data.flatMap((each) => (each.options === undefined ? [each] : [...each.options]));
  const rest = given.filter(({ name }) => name !== "corpus" && name !== "corpus_path");
  const request = {
    ...Object.fromEntries(rest.map(({ name, value }) => [name, value])),
    ...(Sha256.safeParse(corpus).success ? { corpus_file_id: corpus } : { corpus_path: corpus }),
    user_id: user,
  };
  const [family, size] = [options.getString("model_family"), options.getString("model_size")];
  const accepted = await use.trainings.start(
    user,
    () => use.following.underWay(user),
    async () => {
      const accepted = await api.train(request, { requestId, signal });
      await use.following.begin(accepted.run_id, user, { family: family ?? "gpt2", size: size ?? "small" });
      return accepted;
    },
  );
  await use.corpora.used(user, corpus);
  return { embeds: [queued(accepted, requestId)] };
}

const queued = ({ run_id, job_id }: TrainAccepted, requestId: string): APIEmbed => ({
  title: "Training Job Queued",
  color: COLOR.working,
  fields: [
    { name: "Run ID", value: ticked(run_id), inline: true },
    { name: "Job ID", value: ticked(job_id), inline: true },
  ],
  footer: footer(requestId),
});
