import type { TrainableBackend } from "./backend.js";
import { charDefinition } from "./char-json.js";
import { CharTokenizer } from "./char.js";
import { trainChar } from "./train-char.js";

export const char: TrainableBackend = {
  recognizes: ({ type }) => type === "char",
  load: ({ json, path, beside }) => new CharTokenizer(charDefinition(json, path), beside),
  train: trainChar,
};
