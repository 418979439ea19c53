import { open } from "node:fs/promises";
import type { Tokenizer } from "@trainer/tokenizers";
import { HEADER_BYTES, idBytes } from "../bins/bin-format.js";
import type { TokenBin } from "../bins/token-bin.js";
import { LengthCounter, type Lengths } from "./lengths.js";

export interface TextStatistics {
  /** Characters (code points) that the tokens stand for; one for each that the tokenizer does not know. */
  readonly characters: number;
  /** Of its documents, without their ends; null where the tokenizer has no token for those. */
  readonly documentLengths: Lengths | null;
}

/** What is asked of a tokenizer here. */
type Spelling = Pick<Tokenizer, "specials" | "vocabSize" | "isSpecial" | "tokenBytes">;

/** Counts what a bin's tokens stand for, in one pass over its file. */
export async function textStatistics(bin: TokenBin, tokenizer: Spelling): Promise<TextStatistics> {
  const { eos } = tokenizer.specials;
  const charactersOf = Float64Array.from({ length: tokenizer.vocabSize }, (_, id) => characters(tokenizer, id));
  const lengths = new LengthCounter();
  let total = 0;
  let length = 0;
  await using file = await open(bin.path, "r");
  const chunk = Buffer.alloc(1 << 20);
  const size = idBytes(bin.dtype);
  const end = HEADER_BYTES + bin.tokens * size;
  for (let at = HEADER_BYTES; at < end; at += chunk.length) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, end - at), at);
    for (let i = 0; i < bytesRead; i += size) {
      const id = chunk.readUIntLE(i, size);
      total += Number(charactersOf[id]);
      length += 1;
      if (id === eos) {
        lengths.add(length - 1);
        length = 0;
      }
    }
  }
  return { characters: total, documentLengths: lengths.lengths() };
}

/** How many characters begin in a token. */
function characters(tokenizer: Spelling, id: number): number {
  if (tokenizer.isSpecial(id)) return id === tokenizer.specials.unk ? 1 : 0;
  return tokenizer.tokenBytes(id).reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
}
