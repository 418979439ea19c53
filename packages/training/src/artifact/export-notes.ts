/** Limits of other programs with an exported folder, and their requirements. */
export function exportNotes({ tokenizer }: { readonly tokenizer: { readonly kind: string } }): string[] {
  const converter =
    "llama.cpp: its converter knows the vocabularies of published models alone and refuses one of one's own; there is no GGUF yet.";
  switch (tokenizer.kind) {
    case "sentencepiece":
      return [
        "The tokenizer is a SentencePiece model: in Python it needs `pip install sentencepiece protobuf`.",
        "AutoTokenizer converts it and may cut a text otherwise; sentencepiece.SentencePieceProcessor(model_file='tokenizer.model') cuts as it was trained.",
        converter,
      ];
    case "char":
      return ["transformers has no tokenizer of single characters: AutoTokenizer does not open this one.", converter];
    default:
      return [converter];
  }
}
