import type { Source } from "./io.js";

/** A source's lines, without their ends; a last one without an end counts too. */
export async function* readLines(source: Source): AsyncGenerator<string, void, undefined> {
  let begun: string[] = []; // a line may be as long as the file
  for await (const text of decoded(source)) {
    const [first = "", ...others] = text.split("\n");
    begun.push(first);
    for (const next of others) {
      yield begun.join("");
      begun = [next];
    }
  }
  const last = begun.join("");
  if (last !== "") yield last;
}

async function* decoded(source: Source): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  for await (const chunk of source) yield typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}
