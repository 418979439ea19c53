import { at } from "@trainer/disk";
import type { EncodeResult, Jobs } from "@trainer/platform";
import { codePoints, loadTokenizer, unknownCharactersOf } from "@trainer/tokenizers";
import { resolveTokenizer, type Home } from "@trainer/training";

/** Encodes a text with a tokenizer of the home. @throws TrainingError TOKENIZER_NOT_FOUND, and those of `loadTokenizer` */
export async function encode({ tokenizer_id: id, request }: Jobs["encode"], home: Home): Promise<EncodeResult> {
  const { text, special_tokens: specialTokens } = request;
  const tokenizer = await loadTokenizer((await resolveTokenizer(id, home)).path);
  const encoded = tokenizer.encodeWithOffsets(text, { specialTokens });
  const ids = [...encoded.ids];
  const starts = ids.map((_, i) => at(encoded.offsets, 2 * i));
  const ends = ids.map((_, i) => at(encoded.offsets, 2 * i + 1));
  const places = bytePlaces(text);
  const inBytes = (place: number) => at(places, place);
  const bytes = inBytes(text.length);
  return {
    status: "completed",
    ids,
    tokens: ids.map((each) => tokenizer.token(each)),
    starts,
    ends,
    byte_starts: starts.map(inBytes),
    byte_ends: ends.map(inBytes),
    bytes,
    characters: codePoints(text),
    token_count: ids.length,
    bytes_per_token: ids.length === 0 ? null : bytes / ids.length,
    unknown_tokens: ids.filter((each) => each === tokenizer.specials.unk).length,
    unknown_characters: unknownCharactersOf(text, encoded, tokenizer),
  };
}

/** Where each UTF-16 code unit's character begins in UTF-8, and where the text ends. */
function bytePlaces(text: string): Uint32Array {
  const places = new Uint32Array(text.length + 1);
  let [unit, bytes] = [0, 0];
  for (const character of text) {
    places.fill(bytes, unit, unit + character.length);
    unit += character.length;
    bytes += Buffer.byteLength(character);
  }
  return places.fill(bytes, unit);
}
