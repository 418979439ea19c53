import { roundTrip, type Tokenizer } from "@trainer/tokenizers";
import { plainTexts } from "../corpus/conversation-documents.js";
import type { Corpus } from "../corpus/corpus.js";
import { documentsOf } from "../corpus/document-batch.js";
import type { TextLoss } from "../home/text-losses.js";

const SAMPLE = 1 << 18; // bytes
const PIECE = 1 << 15; // bytes

/** Encodes and decodes the beginnings of a corpus' first documents as they are, line breaks and all. */
export async function textLoss(tokenizer: Tokenizer, corpus: Corpus, signal?: AbortSignal): Promise<TextLoss> {
  const loss = { bytes: 0, characters: 0, lost_bytes: 0, unknown_characters: 0 };
  for await (const batch of plainTexts(corpus, corpus.documents({ signal }))) {
    for (const document of documentsOf(batch)) {
      if (loss.bytes >= SAMPLE) return loss;
      // Of a character that is cut off nothing is decoded.
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(document.subarray(0, PIECE), { stream: true });
      const found = roundTrip(tokenizer, text);
      loss.bytes += found.bytes;
      loss.characters += found.characters;
      loss.lost_bytes += found.lostBytes;
      loss.unknown_characters += found.unknownCharacters;
    }
  }
  return loss;
}

/** Warning about a tokenizer that loses text; null for one that does not. */
export function lossWarning(loss: TextLoss, lineBreaks: boolean): string | null {
  const { bytes, characters, lost_bytes: lost, unknown_characters: unknown } = loss;
  if (lost === 0 && unknown === 0) return null;
  const what = [
    ...(lost === 0 ? [] : [`${percent(lost / bytes)} of the bytes do not come back`]),
    ...(unknown === 0 ? [] : [`${percent(unknown / characters)} of the characters are unknown`]),
    ...(lineBreaks ? [] : ["line breaks are lost"]),
  ];
  return (
    `the tokenizer cannot write all of the text: ${what.join(", ")}, in its first ${bytes} bytes. The model cannot learn ` +
    "what is lost, and losses by byte do not compare with those of other tokenizers; a bpe tokenizer loses nothing"
  );
}

const percent = (part: number) => `${Number((100 * part).toPrecision(2))} %`;
