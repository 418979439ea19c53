import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { logits } from "@trainer/models";
import { noGrad, scope, tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { z } from "zod";
import { openHome } from "../src/home/home.js";
import { frameOf, missing } from "../src/inference/begin.js";
import { openModel } from "../src/inference/open-model.js";

// Configs that other people have published, with few rows and layers; ./fixtures/published.py makes them.

const folder = fileURLToPath(new URL("fixtures/published", import.meta.url));
const Expected = z.array(
  z.object({
    text: z.string(),
    ids: z.array(z.int()),
    /** With the tokens that the tokenizer puts around a text. */
    framed: z.array(z.int()),
    /** Of the last token; null where they are not wanted. */
    logits: z.array(z.number()).nullable(),
  }),
);

const names = readdirSync(folder);

test("nine families of published models are there, some in several files of weights", () => {
  expect(names).toHaveLength(9);
  const isCut = (name: string) => readdirSync(join(folder, name)).includes("model.safetensors.index.json");
  expect(names.filter(isCut)).toHaveLength(4);
});

test.each(names)("%s opens from its folder with transformers' own tokens and logits", async (name) => {
  const expected = Expected.parse(JSON.parse(readFileSync(join(folder, name, "expected.json"), "utf8")));
  using opened = await openModel(join(folder, name), { home: openHome("none"), device: "cpu" });
  const frame = frameOf(opened, "auto");
  for (const { text, ids, framed, logits: wanted } of expected) {
    const own = opened.tokenizer.encode(text);
    expect([text, [...own]]).toEqual([text, ids]);
    const { before, after } = missing(own, frame);
    expect([text, [...before, ...own, ...after]]).toEqual([text, framed]);
    if (wanted === null) continue;
    const difference = scope(() =>
      noGrad(() => {
        const last = logits(opened.model, tensor(framed, [1, framed.length], { dtype: "int64" }), { training: false });
        return last
          .select(1, -1)
          .sub(tensor(wanted, [1, wanted.length]))
          .abs()
          .max()
          .item();
      }),
    );
    expect(difference).toBeLessThan(3e-5);
  }
});
