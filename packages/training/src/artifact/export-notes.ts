interface Exported {
  readonly model: { readonly family: string };
  readonly tokenizer: { readonly kind: string };
}

/** Families that transformers has. */
const IN_TRANSFORMERS: ReadonlySet<string> = new Set(["gpt2", "llama", "qwen", "olmo2", "gpt_neox", "phi3"]);

/** Does transformers open an exported folder, model and tokenizer? */
export const opensInTransformers = ({ model, tokenizer }: Exported): boolean =>
  IN_TRANSFORMERS.has(model.family) && tokenizer.kind !== "char";

/** Limits of other programs with an exported folder, and their requirements. */
export function exportNotes({ model, tokenizer }: Exported): string[] {
  const converter =
    "llama.cpp: its converter knows the vocabularies of published models alone and refuses one of one's own; `trainer export --gguf q8_0` writes the file.";
  if (!IN_TRANSFORMERS.has(model.family))
    return [`transformers has no ${model.family}: what opens the model is this program, and code of one's own.`];
  switch (tokenizer.kind) {
    case "sentencepiece":
      return [
        "The tokenizer is a SentencePiece model: in Python it needs `pip install sentencepiece protobuf`.",
        "AutoTokenizer converts it and may cut a text otherwise; sentencepiece.SentencePieceProcessor(model_file='tokenizer.model') cuts as it was trained.",
        converter,
      ];
    case "char":
      return [
        "transformers has no tokenizer of single characters: AutoTokenizer does not open this one.",
        "llama.cpp: it has no such tokenizer either.",
      ];
    default:
      return [converter];
  }
}
