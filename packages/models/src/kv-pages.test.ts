import { memoryStats, noGrad, scope, setNumThreads, tensor, type Tensor } from "@trainer/torch";
import { afterEach, expect, test } from "vitest";
import { charLstm } from "./char-lstm.js";
import { charLstmConfig } from "./char-lstm-config.js";
import { gpt2Config } from "./gpt2-config.js";
import { gpt2 } from "./gpt2.js";
import { gptNeoxConfig } from "./gpt-neox-config.js";
import { gptNeox } from "./gpt-neox.js";
import type { KvPages } from "./kv-pages.js";
import { llamaConfig } from "./llama-config.js";
import { llama } from "./llama.js";
import { logits, type CausalLm } from "./model.js";
import { olmo2Config } from "./olmo2-config.js";
import { olmo2 } from "./olmo2.js";
import { qwenConfig } from "./qwen-config.js";
import { qwen } from "./qwen.js";
import { build } from "./registry.js";

afterEach(() => setNumThreads(1));

const sizes = { vocabSize: 90, hiddenSize: 64, intermediateSize: 96, numHiddenLayers: 2, numAttentionHeads: 4 };
const decoderSizes = { ...sizes, numKeyValueHeads: 2, maxPositionEmbeddings: 64 };
const gpt2Sizes = { vocabSize: 90, nPositions: 64, nEmbd: 64, nLayer: 2, nHead: 4 };
const models: [name: string, make: () => CausalLm][] = [
  ["gpt2", () => build(gpt2, gpt2Config(gpt2Sizes), { seed: 3 })],
  ["llama", () => build(llama, llamaConfig(decoderSizes), { seed: 3 })],
  ["qwen", () => build(qwen, qwenConfig(decoderSizes), { seed: 3 })],
  ["olmo2", () => build(olmo2, olmo2Config(decoderSizes), { seed: 3 })],
  ["gpt_neox", () => build(gptNeox, gptNeoxConfig({ ...sizes, maxPositionEmbeddings: 64 }), { seed: 3 })],
];

function pagesOf(model: CausalLm): KvPages {
  const pages = model.newPages?.();
  if (!pages) throw new Error("no pages");
  return pages;
}

const ids = (n: number, salt = 0) => Array.from({ length: n }, (_, i) => (i * 31 + salt) % 90);

/** Texts in pages of their own. */
function reader(model: CausalLm, pages: KvPages, texts: readonly (readonly number[])[]) {
  const places = texts.map((text) =>
    Array.from({ length: Math.ceil(text.length / pages.tokens) }, () => pages.newPage()),
  );
  return {
    /** The logits (N, V) of these tokens, each a text's number and a position. */
    read(tokens: readonly (readonly [text: number, position: number])[]): Tensor {
      const input = tensor(
        tokens.map(([text, position]) => texts[text]?.[position] ?? 0),
        [tokens.length, 1],
        { dtype: "int64" },
      );
      const cache = pages.pass(tokens.map(([text, position]) => ({ pages: places[text] ?? [], position })));
      return logits(model, input, { training: false, cache }).select(1, 0);
    },
    free: () => places.flat().forEach((page) => page.dispose()),
  };
}

const stretch = (text: number, from: number, end: number) =>
  Array.from({ length: end - from }, (_, i) => [text, from + i] as const);

test.each(models)("%s reads tokens in pages the same whatever is read with them or before, to the bit", (_, make) => {
  setNumThreads(2);
  const model = make();
  const texts = [ids(40), ids(25, 7), ids(1, 3)];
  const before = memoryStats().liveTensors;
  using pages = pagesOf(model);
  scope(() =>
    noGrad(() => {
      const one = reader(model, pages, texts);
      const alone = texts.map((text, t) => text.map((__, i) => one.read([[t, i]])));
      const many = reader(model, pages, texts);
      const passes = [
        [...stretch(0, 0, 38), ...stretch(1, 0, 17), ...stretch(2, 0, 1)],
        [...stretch(1, 17, 25), ...stretch(0, 38, 39)],
        stretch(0, 39, 40),
      ];
      for (const tokens of passes) {
        const found = many.read(tokens);
        for (const [n, [text, position]] of tokens.entries()) {
          const wanted = alone[text]?.[position]?.select(0, 0);
          expect(wanted && found.select(0, n).equal(wanted)).toBe(true);
        }
      }
      // And as they are read whole, but for rounding.
      for (const [t, text] of texts.entries()) {
        const whole = logits(model, tensor(text, [1, text.length], { dtype: "int64" }), { training: false }).select(
          0,
          0,
        );
        for (const [i, own] of (alone[t] ?? []).entries())
          expect(own.select(0, 0).sub(whole.select(0, i)).abs().max().item()).toBeLessThan(1e-5);
      }
      one.free();
      many.free();
    }),
  );
  pages[Symbol.dispose]();
  expect(memoryStats().liveTensors).toBe(before);
});

test("a page has keys and values of sixteen tokens of all layers", () => {
  const model = build(llama, llamaConfig(decoderSizes), { seed: 3 });
  using pages = pagesOf(model);
  const page = pages.newPage();
  expect([pages.tokens, page.shape, pages.bytes]).toEqual([16, [2, 2, 2, 16, 16], 4 * page.numel]);
  page.dispose();
});

test("there are no pages where passes are not of one bit, nor of a rotation that depends on the pass", () => {
  const ropeScaling = { rope_type: "dynamic", factor: 4 };
  const dynamic = build(llama, llamaConfig({ ...decoderSizes, ropeScaling }), { seed: 3 });
  const half = build(gpt2, gpt2Config(gpt2Sizes), { seed: 3, dtype: "bfloat16" });
  const bare = build(gpt2, gpt2Config(gpt2Sizes), { device: "meta" });
  expect([dynamic, half, bare].map((model) => model.newPages?.())).toEqual([null, null, null]);
  const recurrent = build(charLstm, charLstmConfig({ vocabSize: 90 }), { seed: 3 });
  expect(recurrent.newPages).toBeUndefined();
});
