import { camel, camelKeys, TrainOptions } from "@trainer/options";
import { TrainRequest } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { expect, test } from "vitest";
import { trainOptions } from "./train-options.js";

const about = { runId: "r", userId: "7", corpus: null, threads: 2 };

/** A request with nothing as it is by default. */
const given = {
  model_family: "llama",
  model_size: "tiny",
  model_config: { hidden_size: 64, attention_dropout: 0.1 },
  max_seq_len: 99,
  num_epochs: 3,
  max_steps: 17,
  max_seconds: 90,
  on_divergence: "rewind",
  batch_size: 5,
  learning_rate: 0.25,
  corpus_file_id: "file",
  corpus_format: "jsonl",
  document_separator: "<|end|>",
  format: "alpaca",
  preference: "orpo",
  preference_beta: 0.2,
  label_smoothing: 0.1,
  text_field: "story",
  curriculum: "length",
  document: "file",
  special_tokens: true,
  tokenizer_id: "tok",
  tokenizer_method: "char",
  vocab_size: 400,
  min_frequency: 6,
  holdout_fraction: 0.2,
  seed: 8,
  pretrained_run_id: null,
  freeze_embed: true,
  gradient_clipping: 0.5,
  optimizer: "sgd",
  device: "cpu",
  precision: "fp32",
  dedup: "near",
  deterministic: true,
  data_num_workers: 4,
  data_pin_memory: false,
  early_stopping_patience: 11,
  test_split_ratio: 0.3,
  eval_tokens: 1000,
  sample_every: 25,
  finetune_lr_cap: 0.125,
  train_new_rows_first: 13,
  transfer_vocabulary: true,
  teacher: "wise",
  kd_weight: 0.25,
  kd_top_k: 9,
  kd_temperature: 1.5,
  kd_cache: true,
  lora_rank: 4,
  lora_alpha: 2.5,
  lora_dropout: 0.25,
  lora_targets: ["q_proj"],
  grad_accum_steps: 3,
  mask_documents: true,
  activation_checkpointing: true,
  muon_momentum: 0.5,
  ns_steps: 7,
  matrix_lr: 0.01,
  lr_schedule: "wsd",
  lr_decay_fraction: 0.75,
  lr_decay_shape: "cosine",
  warmup_steps: 12,
  min_lr: 0.001,
  weight_decay: 0.3,
  beta1: 0.7,
  beta2: 0.8,
  z_loss: 0.01,
  ema_decay: 0.9,
  seq_len_warmup_steps: 15,
  eval_every: 16,
  evaluate: false,
  verdict: false,
  drift: true,
  log_every: 18,
  checkpoint_every: 19,
  checkpoint_minutes: 20.5,
  keep_checkpoints: 21,
  keep_files: true,
  tensorboard: true,
};
/** Of these a request has one. */
const paths = { corpus_path: null, corpus_paths: null };
const settings = (changes: object = {}) => {
  const { user_id: _id, ...request } = TrainRequest.parse({ ...given, ...changes });
  return { ...request, ...paths };
};

test("whatever a request says its training is given, under the name that it has there", () => {
  const { corpus_path: _1, corpus_paths: _2, corpus_weights: _3, ...fields } = settings();
  expect(Object.keys(fields).toSorted()).toEqual(Object.keys(given).toSorted()); // no field is without its line here
  const { tokenizer_id: tokenizer, model_config: _config, ...same } = given;
  expect(trainOptions(settings(), about)).toEqual({
    ...camelKeys(same),
    corpusWeights: null,
    runId: "r",
    userId: "7",
    threads: 2,
    tokenizer,
    modelConfig: { hiddenSize: 64, attentionDropout: 0.1 },
  });
});

test("all that a training is given is an option, and whatever a request can ask is given", () => {
  const options: Readonly<Record<string, unknown>> = trainOptions(settings(), { ...about, corpus: "a.txt" });
  expect(Object.keys(options).filter((name) => !(name in TrainOptions.shape))).toEqual([]);
  const { tokenizer_id: _id, corpus_path: _path, corpus_paths: _paths, user_id: _user, ...fields } = TrainRequest.shape;
  expect(Object.keys(fields).filter((name) => !(camel(name) in options))).toEqual([]);
});

test("a corpus on the server's disk is named by where it lies there", () => {
  const options = trainOptions(settings({ model_config: null }), { ...about, corpus: "/data/corpus/a.txt" });
  expect(options).toMatchObject({ corpus: "/data/corpus/a.txt", modelConfig: {} });
});

test("of a run that starts from other weights the length and the tokenizer are theirs, unless another is named", () => {
  const from = (tokenizer_id: string) =>
    trainOptions(settings({ pretrained_run_id: "old", tokenizer_id, tokenizer_method: null }), about);
  expect(from("")).toMatchObject({ pretrainedRunId: "old", maxSeqLen: null, tokenizer: null });
  expect(from("tok").tokenizer).toBe("tok");
});

test("a new run that names neither a tokenizer nor a way to train one is refused", () => {
  const named = (tokenizer_id: string, tokenizer_method: string | null) =>
    trainOptions(settings({ teacher: null, tokenizer_id, tokenizer_method }), about).tokenizer;
  expect(named(" ", "char")).toBeNull();
  expect(trainOptions(settings({ tokenizer_id: " ", tokenizer_method: null }), about).tokenizer).toBeNull(); // the teacher's
  expect(() => named(" ", null)).toThrow(
    expect.objectContaining({
      code: "TOKENIZER_NOT_FOUND",
      failureClass: "USER_INPUT",
      message: containing("give its tokenizer_id; or give the tokenizer_method to train one by"),
    }),
  );
});
