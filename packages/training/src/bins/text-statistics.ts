import { open } from "node:fs/promises";
import type { Tokenizer } from "@trainer/tokenizers";
import { HEADER_BYTES, idBytes } from "./bin-format.js";
import { LengthCounter, type Lengths } from "./lengths.js";
import { characters } from "../corpus/characters.js";
import { MASK } from "./mask.js";
import { TokenMask } from "./token-mask.js";
import type { TokenBin } from "./token-bin.js";
import type { Window } from "./windows.js";

export interface TextStatistics {
  /** UTF-8 bytes and characters (code points) of the text that the windows' targets stand for. */
  readonly bytes: number;
  readonly characters: number;
  readonly targets: number;
  /** Lengths of its documents, without their ends; null if the tokenizer has no token for those. */
  readonly documentLengths: Lengths | null;
}

/** The part of a tokenizer that is used here. */
type Spelling = Pick<Tokenizer, "specials" | "vocabSize" | "isSpecial" | "tokenBytes">;

/**
 * Counts what the targets of windows over a bin stand for, in one pass over its file. A kind that puts a space before each
 * text spells more than the text has: the sums are held to the text's own. Of conversations only learnt tokens count, by
 * what they spell.
 */
export async function textStatistics(
  bin: TokenBin,
  tokenizer: Spelling,
  windows: Iterable<Window>,
): Promise<TextStatistics> {
  const { eos } = tokenizer.specials;
  const spelled = Array.from({ length: tokenizer.vocabSize }, (_, id) =>
    tokenizer.isSpecial(id) ? new Uint8Array(0) : tokenizer.tokenBytes(id),
  );
  const bytesOf = Float64Array.from(spelled, (bytes) => bytes.length);
  const charactersOf = Float64Array.from(spelled, characters);
  const lengths = new LengthCounter();
  const whole = { bytes: 0, characters: 0 };
  const part = { bytes: 0, characters: 0, targets: 0 };
  const places = windows[Symbol.iterator]();
  let window = places.next();
  let position = 0;
  let length = 0;
  await using file = await open(bin.path, "r");
  const chunk = Buffer.alloc(1 << 20);
  const size = idBytes(bin.dtype);
  using mask = bin.mask === undefined ? null : new TokenMask(bin.mask, bin.tokens);
  const end = HEADER_BYTES + bin.tokens * size;
  for (let at = HEADER_BYTES; at < end; at += chunk.length) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    const flags = mask?.flags(position, position + bytesRead / size) ?? null;
    for (let i = 0; i < bytesRead; i += size) {
      const flag = flags?.[i / size] ?? null;
      const id = chunk.readUIntLE(i, size);
      const [bytes, characters] = [Number(bytesOf[id]), Number(charactersOf[id])];
      whole.bytes += bytes;
      whole.characters += characters;
      if (window.done !== true && position === window.value.to) window = places.next();
      const counts = flag === null || flag === MASK.learnt;
      if (counts && window.done !== true && position >= window.value.from) {
        part.bytes += bytes;
        part.characters += characters;
        part.targets += 1;
      }
      if (flag === MASK.begins && position > 0) {
        lengths.add(length);
        length = 0;
      }
      if (flag !== MASK.padding) length += 1;
      if (flag === null && id === eos) {
        lengths.add(length - 1);
        length = 0;
      }
      position += 1;
    }
  }
  if (mask !== null) {
    lengths.add(length); // of the last conversation
    return { ...part, documentLengths: lengths.lengths() };
  }
  const held = (count: number, all: number, own: number) => (all === 0 ? 0 : (count * own) / all);
  return {
    bytes: held(part.bytes, whole.bytes, bin.bytes),
    characters: held(part.characters, whole.characters, bin.measured?.characters ?? whole.characters),
    targets: part.targets,
    documentLengths: lengths.lengths(),
  };
}
