import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setNumThreads } from "@trainer/torch";
import { expect } from "vitest";
import { z } from "zod";
import { openHome } from "../src/home/home.js";
import { openModel, type OpenModel } from "../src/inference/open-model.js";

/** The folder that fixtures/tiny-gpt2.py wrote. */
export const tinyGpt2 = fileURLToPath(new URL("fixtures/tiny-gpt2", import.meta.url));

const Ranked = z.tuple([z.string(), z.number()]);

setNumThreads(1); // for models this small more threads only wait for each other

/** Results of transformers with it. */
export const expected = z
  .object({
    prompt: z.string(),
    ids: z.array(z.number()),
    logits: z.array(z.array(z.number())),
    loss: z.number(),
    surprisal: z.array(z.number()),
    topk: z.array(z.array(Ranked)),
    greedy: z.array(z.number()),
    greedy_text: z.string(),
    long_text: z.string(),
    long_ids: z.array(z.number()),
    long_surprisal: z.array(z.number()),
  })
  .parse(JSON.parse(readFileSync(`${tinyGpt2}/expected.json`, "utf8")));

export const openTinyGpt2 = (options: { readonly promptCacheBytes?: number } = {}): Promise<OpenModel> =>
  openModel(tinyGpt2, { home: openHome("no-such-home"), device: "cpu", ...options });

/** A message that holds a text, for matching an error's properties. */
export const containing = (part: string | RegExp): unknown => expect.stringMatching(part);
