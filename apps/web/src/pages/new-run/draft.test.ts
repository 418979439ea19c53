// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { clonedDraft, ClonedManifest, trainOnDraft } from "./clone.js";
import { newDraft, newKey, sentAs, storeDraft, storedDraft, trainsOn } from "./draft.js";

afterEach(() => {
  vi.unstubAllGlobals();
  sessionStorage.clear();
});

test("a draft is there after a reload, until it is put away", () => {
  const draft = { ...newDraft("quick"), values: { seed: "7" }, from: "run-1", bytes: 12 };
  storeDraft(draft);
  expect(storedDraft()).toEqual(draft);
  storeDraft(null);
  expect(storedDraft()).toBeNull();
});

test.each(["", "{", "[]", "null", '{"preset":"quick","values":{"seed":7}}'])("what is no draft is none: %s", (text) => {
  sessionStorage.setItem("trainer.new-run", text);
  expect(storedDraft()).toBeNull();
});

test("where nothing can be stored the page works all the same", () => {
  vi.stubGlobal("sessionStorage", undefined);
  storeDraft(newDraft("quick"));
  expect(storedDraft()).toBeNull();
});

test("the same request has the same key, another has another", () => {
  const first = sentAs(null, "a");
  expect(sentAs(first, "a")).toBe(first);
  expect(sentAs(first, "b").key).not.toBe(first.key);
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
});

const cloned = (manifest: object) => clonedDraft("run-1", ClonedManifest.parse(manifest));

test("a clone has the settings that its run was asked, and not those that are defaults or none of a request", () => {
  const draft = cloned({
    batch_size: 16,
    config: {
      corpus_paths: ["/home/corpus/deep/book.txt"],
      corpus_file_id: null,
      tokenizer: "tok-1",
      tokenizer_method: "char",
      document: "file",
      batch_size: "auto",
      num_epochs: 1,
      learning_rate: 0.001,
      freeze_embed: true,
      lora_rank: 8,
      lora_targets: null,
      run_id: "mine",
      threads: 3,
      device: "tpu",
      model_config: { nLayer: 3, n_head: 4, tieWordEmbeddings: false, n_inner: null },
      max_seq_len: null,
    },
  });
  expect(draft).toEqual({
    ...newDraft("service"),
    from: "run-1",
    values: {
      document: "file",
      batch_size: "16",
      learning_rate: "0.001",
      freeze_embed: "true",
      lora_rank: "8",
      corpus_path: "deep/book.txt",
      tokenizer_id: "tok-1",
    },
    dimensions: { n_layer: "3", n_head: "4", tie_word_embeddings: "false" },
  });
});

test("a clone has the schedule, the optimizer's settings and the adapter of its run", () => {
  const config = {
    lr_schedule: "cosine",
    warmup_steps: 100,
    weight_decay: null,
    mask_documents: true,
    lora_rank: 0,
    lora_targets: ["q", "v"],
    evaluate: false,
    threads: 3,
    learning_rate: 0.1,
  };
  const values = {
    lr_schedule: "cosine",
    warmup_steps: "100",
    mask_documents: "true",
    lora_targets: "q,v",
    evaluate: "false",
    learning_rate: "0.1",
  };
  expect(cloned({ config }).values).toEqual(values);
  expect(trainOnDraft("run-1", ClonedManifest.parse({ config })).values).toEqual({
    ...values,
    finetune_lr_cap: "0.1",
    pretrained_run_id: "run-1",
  });
});

test("a clone's text goes by its file where there is one, and by no path where there are several", () => {
  const values = (config: object) => cloned({ config }).values;
  expect(values({ corpus_file_id: "f".repeat(64), corpus_paths: ["corpus/x"] })).toEqual({
    corpus_file_id: "f".repeat(64),
  });
  expect(values({ corpus_paths: ["a", "b"] })).toEqual({});
  expect(values({ corpus_paths: ["elsewhere/a.txt"] })).toEqual({ corpus_path: "elsewhere/a.txt" });
  expect(values({ tokenizer: "../tokenizers/mine", tokenizer_method: "char" })).toEqual({ tokenizer_method: "char" });
});

test("to train on is to start from the run's weights, with its settings but for what these bring, and at its learning rate", () => {
  const config = {
    corpus_paths: ["/home/corpus/book.txt"],
    model_family: "llama",
    model_config: { hidden_size: 64 },
    tokenizer: "tok-1",
    tokenizer_method: "char",
    vocab_size: 300,
    min_frequency: 3,
    max_seq_len: 128,
    seed: 7,
    holdout_fraction: 0.2,
    num_epochs: 3,
    pretrained_run_id: null,
    finetune_lr_cap: 0.00002,
  };
  const on = (more: object = {}) => trainOnDraft("run-1", ClonedManifest.parse({ config: { ...config, ...more } }));
  expect(on()).toEqual({
    ...newDraft("service"),
    from: "run-1",
    values: {
      corpus_path: "book.txt",
      model_family: "llama",
      seed: "7",
      holdout_fraction: "0.2",
      num_epochs: "3",
      pretrained_run_id: "run-1",
      finetune_lr_cap: "0.0005",
    },
    dimensions: { hidden_size: "64" },
  });
  expect(on({ learning_rate: 1e-7 }).values).toMatchObject({ learning_rate: "1e-7", finetune_lr_cap: "1e-7" });
  // One that started from other weights itself has held its rate already.
  const { values } = on({ pretrained_run_id: "run-0" });
  expect(values).toMatchObject({ pretrained_run_id: "run-1", finetune_lr_cap: "0.00002" });
  expect([trainsOn(on()), trainsOn(cloned({ config })), trainsOn(newDraft("quick"))]).toEqual([true, false, false]);
});
