import { capitalized, inWords } from "../../parts/words.js";

/** Titles of options whose names alone say too little. */
const titles: ReadonlyMap<string, string> = new Map(
  Object.entries({
    corpus_file_id: "File of the file service",
    corpus_format: "Format of the files",
    corpus_path: "Text",
    data_num_workers: "Data workers",
    data_pin_memory: "Pinned memory",
    document: "A document is",
    document_separator: "Line between documents",
    early_stopping_patience: "Patience",
    eval_tokens: "Tokens of a validation",
    finetune_lr_cap: "Highest learning rate of fine-tuning",
    freeze_embed: "Keep the token embedding",
    gradient_clipping: "Largest gradient norm",
    holdout_fraction: "Share for validation",
    max_seq_len: "Context length",
    max_seconds: "Time",
    max_steps: "Steps",
    min_frequency: "Least frequency of a pair",
    model_config: "Own dimensions",
    model_family: "Architecture",
    model_size: "Size",
    num_epochs: "Times through the text",
    on_divergence: "When the loss diverges",
    pretrained_run_id: "Start from the weights of a run",
    sample_every: "Samples every n steps",
    special_tokens: "Read special tokens in the text",
    test_split_ratio: "Share for the test",
    tokenizer_id: "Tokenizer",
    tokenizer_method: "Kind of tokenizer",
    vocab_size: "Vocabulary size",
  }),
);

/** The title of an option: its name in words where it has none of its own. */
export const titleOf = (name: string): string => titles.get(name) ?? capitalized(inWords(name));
