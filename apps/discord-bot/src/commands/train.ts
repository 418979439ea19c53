import { TrainOptions } from "@trainer/options";
import { Sha256, TrainRequest, type TrainAccepted } from "@trainer/platform";
import type { APIEmbed } from "discord.js";
import { ticked } from "../text/fit.js";
import { COLOR, footer, type Command, type Reply, type Use } from "./command.js";
import { fieldOptions, option, required } from "./options.js";

const { modelFamily, modelSize } = TrainOptions.shape;

/** `/train` and `/trainer train`: required options, and optional ones. */
export const train: Command = {
  description: "Train a model on a corpus",
  options: [
    required(option.completed("corpus", "a file's id in the file service, or a path under the corpus folder")),
    ...fieldOptions(TrainRequest.shape, ["tokenizer_id"]).map(required),
    ...fieldOptions(TrainRequest.shape, [
      "model_family",
      "model_size",
      "num_epochs",
      "batch_size",
      "learning_rate",
      "max_seq_len",
      "seed",
      "pretrained_run_id",
      "format",
      "optimizer",
      "device",
      "precision",
      "gradient_clipping",
      "early_stopping_patience",
      "holdout_fraction",
      "test_split_ratio",
      "dedup",
      "freeze_embed",
    ]),
  ],
  run: (use) => start(use, use.options.getString("corpus", true)),
};

/** `/train_model`, with the eight arguments that it has always had, all required. */
export const trainModel: Command = {
  description: "Train a model, with everything said",
  options: [
    ...fieldOptions(TrainRequest.shape, [
      "model_family",
      "model_size",
      "max_seq_len",
      "num_epochs",
      "batch_size",
      "learning_rate",
    ]),
    option.completed("corpus_path", "a path under the corpus folder, or a file's id in the file service"),
    ...fieldOptions(TrainRequest.shape, ["tokenizer_id"]),
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
      await use.following.begin(accepted.run_id, user, {
        family: family ?? modelFamily.def.defaultValue,
        size: size ?? modelSize.def.defaultValue,
      });
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
