import { terminalDefaults } from "@trainer/options";
import type { Texts } from "./request.js";

/** Settings that suit a purpose, by their names in requests. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly help: string;
  /** Its settings for a text of so many bytes; null where they are not known. */
  readonly values: (bytes: number | null) => Texts;
}

const MIB = 1024 ** 2;

/** A text of fewer bytes is passed through more often than once: its model would have seen too little. */
const SEEN_BYTES = 8 * MIB;
const MOST_PASSES = 10;

const reading: Texts = {
  document: terminalDefaults.document,
  document_separator: terminalDefaults.documentSeparator,
  eval_tokens: String(terminalDefaults.evalTokens),
};

const passes = (bytes: number | null): number =>
  bytes === null || bytes === 0 ? 1 : Math.min(MOST_PASSES, Math.max(1, Math.round(SEEN_BYTES / bytes)));

export const presets: readonly [Preset, ...Preset[]] = [
  {
    name: "suited",
    title: "Suits the text",
    help: "A small model that an ordinary computer trains, as often through the text as its size asks for.",
    values: (bytes) => ({
      ...reading,
      model_size: terminalDefaults.modelSize,
      num_epochs: String(passes(bytes)),
      max_seq_len: "256",
      batch_size: "16",
    }),
  },
  {
    name: "quick",
    title: "Quick try",
    help: "200 short steps: does everything work, and how fast is this machine?",
    values: () => ({
      ...reading,
      model_size: terminalDefaults.modelSize,
      max_steps: "200",
      sample_every: "20",
      max_seq_len: "128",
      batch_size: "16",
    }),
  },
  {
    name: "thorough",
    title: "Thorough",
    help: "Up to 30 times through the text, until its validation no longer gains.",
    values: () => ({
      ...reading,
      model_size: terminalDefaults.modelSize,
      num_epochs: "30",
      early_stopping_patience: "3",
      batch_size: "16",
    }),
  },
  {
    name: "service",
    title: "As the service has it",
    help: "The defaults of a request that says nothing: each line is a document, and the model is as large as GPT-2.",
    values: () => ({}),
  },
];

export const presetNamed = (name: string): Preset => presets.find((each) => each.name === name) ?? presets[0];
