import { expect, test } from "vitest";
import { readLines } from "./read-lines.js";

async function* chunks(...parts: (Uint8Array | string)[]) {
  yield* await Promise.resolve(parts);
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

const euro = new TextEncoder().encode("1 €\n2"); // the sign is three bytes

test("lines come one by one, characters cut in two joined, the last also without an end", async () => {
  expect(await collect(readLines(chunks(euro.slice(0, 3), euro.slice(3))))).toEqual(["1 €", "2"]);
  expect(await collect(readLines(chunks("a\n", "\nb\n")))).toEqual(["a", "", "b"]);
});

test("a last line that ends in half a character is not lost", async () => {
  expect(await collect(readLines(chunks(euro.slice(0, 3))))).toEqual(["1 \uFFFD"]);
});
