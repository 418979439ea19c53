import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export const fixturePath = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

const Case = z.object({
  bytes: z.string().transform((text) => new Uint8Array(Buffer.from(text, "base64"))),
  ids: z.array(z.number()),
  some: z.array(z.number()),
  text: z.string(),
  withSpecial: z.string(),
});

const Parity = z.object({
  trainings: z.array(
    z.object({
      name: z.string(),
      texts: z.array(z.string()),
      unit: z.enum(["line", "file"]).nullable(),
      vocabSize: z.number(),
      minFrequency: z.number(),
      specials: z.array(z.string()),
      size: z.number(),
      merges: z.array(z.string()),
    }),
  ),
  encodings: z.object({ gpt2: z.array(Case), llama3: z.array(Case), qwen2: z.array(Case), smollm: z.array(Case) }),
});

/** Results of Hugging Face's library on the same texts, written by `fixtures/make-parity.py`. */
export const parity = Parity.parse(JSON.parse(readFileSync(fixturePath("parity.json"), "utf8")));
