import { TrainOptions } from "@trainer/options";
import { TrainRequest } from "@trainer/platform/browser";
import { expect, test } from "vitest";
import { sentence } from "../../parts/words.js";
import { newDraft } from "./draft.js";
import { fieldOf, fields, fieldsNamed, grouped } from "./fields.js";
import { presetNamed, presets } from "./presets.js";
import { familyOf, problemsOf, refusedField, requestOf, settingOf, textsOf } from "./request.js";
import { titleOf } from "./titles.js";

const CAPABILITIES = {
  model_families: [
    { name: "gpt2", title: "GPT-2", sizes: ["tiny", "small"], precisions: [], tokenizer_method: "bpe" },
    { name: "char_lstm", title: "Character LSTM", sizes: ["tiny"], precisions: [], tokenizer_method: "char" },
  ],
  tokenizer_methods: [],
  devices: [],
  optimizers: [],
};

const draft = (values: Record<string, string>, more: object = {}) => ({ ...newDraft("service"), values, ...more });
const asked = (values: Record<string, string>, more: object = {}) => requestOf(draft(values, more), CAPABILITIES);

test("the form has every setting of a request but the user and the dimensions, each with a title, a help and a heading", () => {
  const names = Object.keys(TrainRequest.shape).filter((name) => name !== "user_id" && name !== "model_config");
  expect(fields.map(({ name }) => name)).toEqual(names);
  for (const { name, title, facts, group } of fields) {
    expect([name, title, facts.description, group]).not.toContain("");
    expect(group).not.toBe("undefined");
  }
  expect(new Set(fields.map(({ title }) => title)).size).toBe(fields.length);
  expect(new Set(fields.map(({ flag }) => flag)).size).toBe(fields.length);
});

test("a title is the name in words where no better one is known", () => {
  expect([titleOf("learning_rate"), titleOf("max_seq_len")]).toEqual(["Learning rate", "Context length"]);
});

test("fields stand under the headings of their options, in the order of the request", () => {
  const groups = grouped(fieldsNamed(["seed", "model_size", "no_such_field", "batch_size"]));
  expect([...groups].map(([group, some]) => [group, some.map(({ name }) => name)])).toEqual([
    ["Training", ["seed", "batch_size"]],
    ["Model", ["model_size"]],
  ]);
  expect(fieldOf("no_such_field")).toBeUndefined();
});

test("a request says what differs from the service's defaults, by its type", () => {
  expect(
    asked({
      corpus_path: " book.txt ",
      batch_size: "4",
      num_epochs: "3",
      learning_rate: "3e-4",
      freeze_embed: "true",
      special_tokens: "false",
      device: "",
      optimizer: "sgd",
      seed: "+7",
    }),
  ).toEqual({
    corpus_path: "book.txt",
    num_epochs: 3,
    learning_rate: 3e-4,
    freeze_embed: true,
    optimizer: "sgd",
    seed: 7,
    tokenizer_method: "bpe",
  });
});

test("what a default says is not said: an empty draft asks for a tokenizer alone, without which there is no training", () => {
  expect(asked({})).toEqual({ tokenizer_method: "bpe" });
  expect(asked({ model_family: "char_lstm" })).toEqual({ model_family: "char_lstm", tokenizer_method: "char" });
  expect(requestOf(draft({}), undefined)).toEqual({ tokenizer_method: "bpe" });
  expect(asked({ tokenizer_method: "sentencepiece" })).toEqual({ tokenizer_method: "sentencepiece" });
});

test("a tokenizer that is there, or comes with other weights, is not trained by what is left of such settings", () => {
  const left = { tokenizer_method: "char", vocab_size: "300", min_frequency: "3" };
  expect(asked({ ...left, tokenizer_id: "tok-1" })).toEqual({ tokenizer_id: "tok-1" });
  expect(asked({ ...left, pretrained_run_id: "run-1" })).toEqual({ pretrained_run_id: "run-1" });
  expect(asked({ ...left, tokenizer_id: " " })).toEqual({
    tokenizer_method: "char",
    vocab_size: 300,
    min_frequency: 3,
  });
});

test("dimensions go by their own names, as numbers and words", () => {
  const dimensions = { n_layer: "6", embd_pdrop: "0.2", tie_word_embeddings: "false", n_head: " " };
  expect(asked({}, { dimensions })["model_config"]).toEqual({
    n_layer: 6,
    embd_pdrop: 0.2,
    tie_word_embeddings: false,
  });
  expect(problemsOf(asked({ corpus_path: "a" }, { dimensions: { n_layer: "six" } })).get("model_config")).toBe(
    "n_layer must be a number or a boolean",
  );
});

test("what cannot be read stays as it is written, and is refused in the service's words at its setting", () => {
  const request = asked({ batch_size: "four", num_epochs: "0", learning_rate: "-1", freeze_embed: "perhaps" });
  expect(Object.fromEntries(problemsOf(request))).toEqual({
    batch_size: "must be an integer",
    corpus_path: "choose a text to train on",
    freeze_embed: "must be a boolean",
    learning_rate: "must be >= 0",
    num_epochs: "must be >= 1",
  });
  expect(problemsOf(asked({ corpus_path: "book.txt" })).size).toBe(0);
  expect([...problemsOf(asked({}))]).toEqual([["corpus_path", "choose a text to train on"]]);
  expect(problemsOf(asked({ corpus_path: "a", corpus_file_id: "b" })).get("corpus_path")).toContain("exclusive");
  expect(problemsOf(asked({ corpus_path: "a", seed: "99999999999999999999" })).has("seed")).toBe(true);
  expect(problemsOf(asked({ corpus_path: "a", holdout_fraction: "0.6", batch_size: "1e9" })).size).toBe(2);
});

test("a refusal of the service goes to the setting that it names, else to none", () => {
  expect(refusedField('corpus_path "a b" leads to no text')).toEqual(["corpus_path", '"a b" leads to no text']);
  expect(refusedField("corpus_file_id is required")).toEqual(["corpus_path", "is required"]);
  expect(refusedField("model_config: nHead 5 does not divide\n256")).toEqual([
    "model_config",
    "nHead 5 does not divide\n256",
  ]);
  expect(refusedField("model_config.n_layer must be a number")).toEqual(["model_config", "must be a number"]);
  expect(refusedField("model_size must be one of: tiny")).toEqual(["model_size", "must be one of: tiny"]);
  for (const message of ["model backend unavailable: x", "", "Extra fields not allowed: x", "constructor is bad"])
    expect(refusedField(message)).toBeNull();
});

test("words are made a sentence once", () => {
  expect([sentence("must be >= 1"), sentence("Why?")]).toEqual(["Must be >= 1.", "Why?"]);
});

test("a setting that is not given is the default", () => {
  const texts = textsOf(draft({ batch_size: "8", seed: "" }), undefined);
  expect([settingOf(texts, "batch_size"), settingOf(texts, "seed"), settingOf(texts, "no_such")]).toEqual([
    "8",
    "42",
    "",
  ]);
  expect(familyOf({ model_family: "gone" }, CAPABILITIES)).toBeUndefined();
});

test("each preset is a request that the service takes, and own settings are above it", () => {
  for (const { name } of presets)
    for (const bytes of [null, 0, 1, 1e6, 1e12]) {
      const request = requestOf({ ...draft({ corpus_path: "a" }), preset: name, bytes }, CAPABILITIES);
      expect([name, bytes, [...problemsOf(request)]]).toEqual([name, bytes, []]);
    }
  const own = { ...draft({ corpus_path: "a", num_epochs: "2", document: "" }), preset: "suited", bytes: 1000 };
  const request = requestOf(own, CAPABILITIES);
  expect([request["num_epochs"], request["document"], request["model_size"]]).toEqual([2, undefined, "tiny"]);
  expect(presetNamed("gone").name).toBe("suited");
});

test("a small text is passed through more often than a large one", () => {
  const passes = (bytes: number | null) => Number(presetNamed("suited").values(bytes)["num_epochs"]);
  expect([passes(1000), passes(1 << 20), passes(4 << 20), passes(1 << 30), passes(null), passes(0)]).toEqual([
    10, 8, 2, 1, 1, 1,
  ]);
});

test("flags are those of the options that a request has by another name", () => {
  const flags = fieldsNamed(["model_family", "tokenizer_id", "corpus_format", "num_epochs"]).map(({ flag }) => flag);
  expect(flags).toEqual(["model", "tokenizer", "as", "num-epochs"]);
  expect(Object.keys(TrainOptions.shape)).toContain("numEpochs");
});
