import { expect, test } from "vitest";
import { NewCharacters } from "./new-characters.js";

/** Token 10 + n is the byte n. */
const made = () => new NewCharacters(266, (id) => (id < 10 ? undefined : id - 10), "\u2581");
const tokensOf = (text: string | number[]) => Array.from(Buffer.from(text), (byte) => byte + 10);

test("tokens of the bytes of a character become one, of which each document has its own", () => {
  const characters = made();
  const first = [...tokensOf("aé漢"), 3];
  const second = tokensOf("漢🙂\n");
  const read = characters.replaced({
    ids: Uint32Array.from([...first, ...second]),
    counts: Uint32Array.of(first.length, second.length),
  });
  const [a, newline] = tokensOf("a\n");
  expect(read).toEqual({
    ids: Uint32Array.from([Number(a), 266, 267, 3, 267, 268, Number(newline)]),
    counts: Uint32Array.of(4, 3),
  });
  expect([characters.chars, characters.counts]).toEqual([
    ["é", "漢", "🙂"],
    [1, 2, 1],
  ]);
  expect([characters.mostFrequent(2, 1), characters.mostFrequent(9, 2)]).toEqual([[267, 266], [267]]);
});

test("bytes that are no character stay, those of the mark of a space too, and those of one in another document are none", () => {
  const characters = made();
  for (const ids of [
    tokensOf("\u2581"),
    tokensOf([0xff, 0xe6, 0xbc]),
    [...tokensOf([0xe6]), 3, ...tokensOf([0xa2])],
    tokensOf([0xa2, 0x41]),
  ])
    expect([...characters.replaced({ ids: Uint32Array.from(ids), counts: Uint32Array.of(ids.length) }).ids]).toEqual(
      ids,
    );
  const ids = Uint32Array.from(tokensOf("é"));
  expect(characters.replaced({ ids, counts: Uint32Array.of(1, 1) }).ids).toEqual(ids);
  expect(characters.chars).toEqual([]);
});
