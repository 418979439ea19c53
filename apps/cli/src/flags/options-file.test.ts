import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { camelKeys } from "@trainer/models/capabilities";
import { TrainOptions, notInRequests } from "@trainer/options";
import { TrainRequest } from "@trainer/platform";
import { scratchPath } from "@trainer/testing";
import { beforeEach, expect, test } from "vitest";
import { readOptionsFile } from "./options-file.js";
import { toTrainInput, TrainFlags } from "./train-options.js";

let folder = "";
beforeEach(() => void (folder = scratchPath("options")));

function file(text: string): string {
  const path = join(folder, "training.toml");
  writeFileSync(path, text);
  return path;
}
const read = (text: string) => readOptionsFile(file(text));
const refusal = (text: string) => {
  const path = file(text);
  try {
    readOptionsFile(path);
  } catch (error) {
    return String(error).replaceAll(path, "F");
  }
  return "taken";
};

test("options are fields by their names in requests, and paths start from the file", () => {
  const { words, options } = read(`
    corpus_path = ["book.txt", "/texts/a.txt"]
    model_family = "llama"
    num_epochs = 3
    learning_rate = 1e-4
    batch_size = "auto"
    freeze_embed = true
    lora_targets = ["q_proj"]
    tokenizer_id = "bpe-300"
    pretrained_run_id = "./weights"

    [model_config]
    num_hidden_layers = 2
    attention_dropout = 0.1`);
  expect(words).toEqual([join(folder, "book.txt"), "/texts/a.txt"]);
  expect(options).toEqual({
    modelFamily: "llama",
    numEpochs: 3,
    learningRate: 0.0001,
    batchSize: "auto",
    freezeEmbed: true,
    loraTargets: ["q_proj"],
    tokenizer: "bpe-300",
    pretrainedRunId: join(folder, "weights"),
    modelConfig: { numHiddenLayers: 2, attentionDropout: 0.1 },
  });
});

test("an empty file says nothing, one path is a text, and so is the id of a file", () => {
  expect(read("")).toEqual({ words: [], options: { modelConfig: {} } });
  expect(read('corpus_path = "a.txt"').words).toEqual([join(folder, "a.txt")]);
  expect(read(`corpus_file_id = "${"f".repeat(64)}"`).words).toEqual(["f".repeat(64)]);
});

test("texts that are mixed are words with their weights, and need one each", () => {
  const mixed = 'corpus_paths = ["own", "/texts/wiki"]\ncorpus_weights = [0.3, "0.1-0.9"]';
  expect(read(mixed).words).toEqual([`${join(folder, "own")}:0.3`, "/texts/wiki:0.1-0.9"]);
  expect(refusal('corpus_paths = ["a", "b"]\ncorpus_weights = [1]')).toMatch(
    /F:1: corpus_paths needs as many in corpus_weights/,
  );
  expect(refusal("corpus_weights = [1]")).toMatch(/F:1: corpus_weights needs as many in corpus_paths/);
  expect(refusal(`${mixed}\ncorpus_path = "a"`)).toMatch(/F:1: corpus_paths and corpus_path exclude each other/);
  expect(refusal(`${mixed}\ncorpus_file_id = "a"`)).toMatch(/F:1: corpus_paths and corpus_file_id exclude each other/);
});

test("each field of a request, and each option of a run that requests have none for, can be said", () => {
  const { user_id: _1, ...request } = TrainRequest.shape;
  const said = { ...request, ...camelOf(Object.keys(notInRequests)) };
  const refused = (name: string) => refusal(`${name} = 2020-01-01`).startsWith(`UsageError: F:1: ${name} must be `);
  expect(Object.keys(said).filter((name) => !refused(name))).toEqual([]);
  // Of the options that are missing here is whose run it is; of the names that are more, that of several texts.
  expect(Object.keys(TrainOptions.shape)).toHaveLength(Object.keys(said).length);
});
const camelOf = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), true]));

test.each([
  ["num_epoch = 3", "F:1: num_epoch is no option of a training; did you mean num_epochs?"],
  ["\n\nsize = 'small'", "F:3: size is no option of a training; did you mean model_size?"],
  ["pretrained = 'a'", "did you mean pretrained_run_id?"],
  ["corpus = 'a'", "did you mean corpus_path?"],
  ["tokenizer = 'a'", "did you mean tokenizer_id?"],
  ["nLayer = 3", "did you mean model_config.n_layer?"],
  ["dropout = 0.1", "did you mean model_config.dropout?"],
  ["model_conf = 3", "did you mean model_config?"],
  ["xyzzy = 3", "F:1: xyzzy is no option of a training"],
  ["resume = true", "F:1: resume is no option of a training"],
  ["[model_config]\nn_layr = 3", "F:2: model_config.n_layr is no option of a training; did you mean n_layer?"],
  ["[model_config]\nn_layer = 'many'", "F:2: model_config.n_layer must be a whole number above 0 to 1024"],
  ["model_config = 3", "F:1: model_config must be a table"],
  ["num_epochs = 0", "F:1: num_epochs must be a whole number from 1"],
  ["batch_size = 'all'", "F:1: batch_size must be a whole number from 1, or auto"],
  ["device = 'cudo'", "F:1: device must be one of: cpu, cuda, auto; did you mean cuda?"],
  ["optimizer = 3", "F:1: optimizer must be one of: "],
  ["evaluate = 'no'", "F:1: evaluate must be true or false"],
  ["lora_targets = 'all'", "F:1: lora_targets must be a list of texts"],
  ["model_size = 3", "F:1: model_size must be a text"],
  ["run_id = '../up'", "F:1: run_id must be 1 to 128 letters"],
  ["corpus_path = 3", "F:1: corpus_path must be a path, or a list of paths"],
  ["corpus_file_id = ''", "F:1: corpus_file_id must be the id of a file"],
  ["corpus_path = 'a'\ncorpus_file_id = 'b'", "F:2: corpus_file_id and corpus_path exclude each other"],
  ["seed = 1\nseed = 2", "UsageError: F:2:"],
  ["seed = -1\nnum_epochs = 0", "F:1: seed must be a whole number from 0\nF:2: num_epochs must be"],
])("%j is refused with its line and what would be right", (text, message) => {
  expect(refusal(text)).toContain(message);
});

test("a name that nothing is near to is refused without a guess", () => {
  expect(refusal("xyzzy = 3")).toMatch(/a training$/);
});

test("a file that is not there is said to be the one that the option names", () => {
  const path = join(folder, "none.toml");
  expect(() => readOptionsFile(path)).toThrow(`--options ${path}: no such file or folder`);
});

test("what is typed is before what the file says, dimension by dimension, and one rate is before the file's", () => {
  const { options } = read("[model_config]\nn_layer = 3\nn_embd = 64\nattn_pdrop = 0.3");
  const typed = (flags: object) => toTrainInput(["a"], TrainFlags.parse({ ...options, ...flags })).modelConfig;
  expect(typed({})).toEqual(camelKeys({ n_layer: 3, n_embd: 64, attn_pdrop: 0.3 }));
  expect(typed({ nLayer: 1, dropout: 0.2 })).toEqual({
    nLayer: 1,
    nEmbd: 64,
    embdPdrop: 0.2,
    attnPdrop: 0.2,
    residPdrop: 0.2,
  });
});
