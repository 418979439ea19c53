import { trainTokenizer } from "../src/train-tokenizer.js";
import { trainSentencePiece } from "../src/train-sentencepiece.js";
import { describeTokenizer } from "./describe-tokenizer.js";
import { fixturePath } from "./fixture.js";

const files = [fixturePath("prose.txt")];
const unpromised = { decoded: () => null, tiles: false };

describeTokenizer(
  "SentencePiece's BPE",
  () => trainTokenizer("sentencepiece", { files, vocabSize: 400, minFrequency: 3, unit: "line" }),
  unpromised,
);
describeTokenizer(
  "SentencePiece's unigram model of Llama's kind, with bytes for what is unknown",
  () =>
    trainSentencePiece({
      files,
      vocabSize: 500,
      modelType: "unigram",
      byteFallback: true,
      normalizationRuleName: "identity",
      removeExtraWhitespaces: false,
      padId: 3,
    }),
  // With an identity for a normalizer every text comes back.
  { decoded: (_, text) => text.replaceAll("\u2581", " ") },
);
