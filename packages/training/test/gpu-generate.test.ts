import { build, gpt2, llama, newConfig, quantize, qwen, type CausalLm } from "@trainer/models";
import {
  cudaQueue,
  type DeviceQueue,
  devices,
  noGrad,
  QuantizedWeight,
  raggedAttention,
  raggedAttentionReference,
  rand,
  randn,
  sampleRows,
  sampleRowsReference,
  tensor,
  type Tensor,
  unpackQkv,
  useFusedKernels,
} from "@trainer/torch";
import { afterEach, describe, expect, test } from "vitest";
import { generate, generateManyStream } from "../src/inference/generate.js";
import type { GenerateInput } from "@trainer/options";
import { openModel, type OpenModel } from "../src/inference/open-model.js";
import { openHome } from "../src/home/home.js";
import { openTinyGpt2, tinyGpt2 } from "./fixture.js";

// Tests for a GPU alone. Elsewhere they are skipped, with the reason.
const { cuda } = devices();
if (cuda.count === 0) console.log(`not run here: the tests of generation on a GPU (${cuda.reason})`);

const furthest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
const PROMPTS = ["The lamp burned", "T", "All night the river", "A", "The"];

describe.skipIf(cuda.count === 0)("on a GPU", () => {
  const failures: unknown[] = [];
  afterEach(() => {
    useFusedKernels(true);
  });

  const choice = { vocabSize: 512, contextLength: 64, size: "tiny" };
  const wide = { nLayer: 2, nEmbd: 128, nHead: 2, initializerRange: 0.2 };
  const decoder = { hiddenSize: 128, intermediateSize: 256, numHiddenLayers: 2, numAttentionHeads: 4 };
  const grouped = { ...decoder, numKeyValueHeads: 2, initializerRange: 0.2 };
  const gpt = (device: "cpu" | "cuda") =>
    build(gpt2, newConfig(gpt2, { ...choice, dimensions: wide }), { seed: 5, device });
  const families: [name: string, make: (device: "cpu" | "cuda") => CausalLm][] = [
    ["gpt2", gpt],
    ["llama", (device) => build(llama, newConfig(llama, { ...choice, dimensions: grouped }), { seed: 5, device })],
    ["qwen", (device) => build(qwen, newConfig(qwen, { ...choice, dimensions: grouped }), { seed: 5, device })],
  ];

  /** The same weights on either device, as they are drawn on the CPU. */
  function onGpu(make: (device: "cpu" | "cuda") => CausalLm): { cpu: CausalLm; gpu: CausalLm } {
    const [cpu, gpu] = [make("cpu"), make("cuda")];
    for (const [name, parameter] of cpu.params.named()) {
      const other = gpu.params.named().get(name);
      other?.detach().copy_(parameter.detach());
    }
    return { cpu, gpu };
  }

  async function opened(model: CausalLm, device: "cpu" | "cuda"): Promise<OpenModel> {
    const { recorded: _, ...tiny } = await openTinyGpt2();
    return { ...tiny, model, device, contextLength: model.contextLength };
  }

  /** Generation continues step by step if recording fails: here that is an error. */
  function strictQueue(): DeviceQueue {
    const queue = cudaQueue();
    return {
      ...queue,
      record(work, options) {
        try {
          return queue.record(work, options);
        } catch (error) {
          failures.push(error);
          throw error;
        }
      },
    };
  }

  async function many(model: OpenModel, options: Omit<GenerateInput, "prompt">, recorded = true) {
    const queue = recorded ? strictQueue() : null;
    for await (const event of generateManyStream(model, PROMPTS, options, undefined, queue)) {
      if (event.type !== "done") continue;
      expect(failures.splice(0)).toEqual([]);
      return event.result.outputs;
    }
    throw new Error("generation ended without a result");
  }

  test.each(families)("%s writes what it writes on a CPU, by graphs and without", async (_, make) => {
    const { cpu, gpu } = onGpu(make);
    const [here, there] = [await opened(cpu, "cpu"), await opened(gpu, "cuda")];
    const greedy = { temperature: 0, stopOnEos: false, maxNewTokens: 100 }; // beyond the context of 64
    const wanted = await many(here, greedy, false);
    expect(await many(there, greedy)).toEqual(wanted);
    expect(await many(there, greedy, false)).toEqual(wanted);
    useFusedKernels(false);
    expect(await many(there, greedy)).toEqual(wanted); // a graph of libtorch's operators
  });

  test.each(families)("%s goes on from prompts side by side as from each alone", async (_, make) => {
    const { gpu } = onGpu(make);
    const there = await opened(gpu, "cuda");
    const options = { temperature: 0, stopOnEos: false, maxNewTokens: 40 };
    const alone: string[] = [];
    for (const prompt of PROMPTS) alone.push(...(await generate(there, { ...options, prompt })).outputs);
    expect(await many(there, options)).toEqual(alone);
  });

  test.each([
    { topK: 0 },
    { topK: 20 },
    { topK: 0, topP: 0.9 },
    { topK: 50, topP: 0.95, minP: 0.02, temperature: 0.8, repetitionPenalty: 1.3 },
  ])("a seed writes the CPU's text: %o", async (sampling) => {
    const { cpu, gpu } = onGpu(gpt);
    const options = { ...sampling, seed: 21, stopOnEos: false, maxNewTokens: 40, numReturnSequences: 3 };
    expect(await many(await opened(gpu, "cuda"), options)).toEqual(
      await many(await opened(cpu, "cpu"), options, false),
    );
  });

  test("a model that is opened keeps its recording, and frees it", async () => {
    const { gpu } = onGpu(gpt);
    const tiny = await openTinyGpt2();
    const model: OpenModel = { ...tiny, model: gpu, device: "cuda", contextLength: 64 };
    const input = { prompt: "The", temperature: 0, maxNewTokens: 20 };
    const first = await generate(model, input);
    expect((await generate(model, input)).outputs).toEqual(first.outputs);
    tiny[Symbol.dispose]();
  });

  test.each(["bf16", "int8"] as const)("%s weights write what they write on a CPU", async (as) => {
    for (const [, make] of families) {
      const { cpu, gpu } = onGpu(make);
      const [here, there] = [await opened(quantize(cpu, as), "cpu"), await opened(quantize(gpu, as), "cuda")];
      const greedy = { temperature: 0, stopOnEos: false, maxNewTokens: 30 };
      expect(await many(there, greedy)).toEqual(await many(here, greedy, false));
    }
  });

  test.each(["fp32", "bf16", "int8"] as const)(
    "a folder that is opened with %s weights writes the CPU's text",
    async (as) => {
      const open = (on: "cpu" | "cuda") =>
        openModel(tinyGpt2, { home: openHome("no-such-home"), device: on, weightType: as });
      using here = await open("cpu");
      using there = await open("cuda");
      expect(there).toMatchObject({ device: "cuda", weightType: as });
      for (const sampling of [{ temperature: 0 }, { seed: 3 }]) {
        const input = { ...sampling, prompt: "The lamp", stopOnEos: false, maxNewTokens: 70 };
        const wanted = await generate(here, input);
        expect((await generate(there, input)).outputs).toEqual(wanted.outputs);
        expect((await generate(there, input)).outputs).toEqual(wanted.outputs); // by what was recorded
      }
    },
  );

  test.each(
    (["bf16", "int8"] as const).flatMap((as) =>
      [
        [1, 768, 2304],
        [1, 3072, 768],
        [1, 768, 50257],
        [1, 60, 33],
        [2, 768, 768],
        [3, 3072, 768],
        [7, 768, 3072],
        [16, 768, 50257],
        [16, 3072, 768],
        [17, 768, 768],
      ].map(([n = 0, c = 0, d = 0]) => ({ as, n, c, d })),
    ),
  )("a product by a small weight is that by its numbers: $as, ($n, $c) by ($d, $c)", ({ as, n, c, d }) => {
    const weight = QuantizedWeight.of(randn([d, c], { device: "cuda" }), as);
    const [x, bias] = [randn([n, c], { device: "cuda" }), randn([d], { device: "cuda" })];
    const wanted = x.to("float64").matmul(weight.dequantize().to("float64").t()).add(bias.to("float64"));
    expect(furthest(weight.linear(x, bias).to("float64"), wanted)).toBeLessThan(2e-3);
    expect(furthest(weight.linear(x).add(bias).to("float64"), wanted)).toBeLessThan(2e-3);
  });

  test.each([
    { heads: 12, kvHeads: 4, size: 64, normed: false },
    { heads: 4, kvHeads: 2, size: 128, normed: true },
    { heads: 2, kvHeads: 2, size: 10, normed: true },
  ])("one token's queries and keys are turned as by plain operators: %o", ({ heads, kvHeads, size, normed }) => {
    const draw = (...shape: number[]) => randn(shape, { device: "cuda" });
    const batch = 5;
    const qkv = draw(batch, 1, (heads + 2 * kvHeads) * size);
    const layout = {
      heads,
      kvHeads,
      rotation: { cos: draw(batch, 1, 1, size), sin: draw(batch, 1, 1, size) },
      headNorms: normed ? { q: draw(size), k: draw(size), eps: 1e-6 } : null,
    };
    const found = noGrad(() => unpackQkv(qkv, layout));
    const wanted = noGrad(() => unpackQkv(qkv, layout, false));
    for (const part of ["q", "k", "v"] as const) expect(furthest(found[part], wanted[part])).toBeLessThan(1e-5);
  });

  const all = { temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
  test.each([
    { ...all, temperature: 0 },
    all,
    { ...all, temperature: 0.7, repetitionPenalty: 1.3 },
    { ...all, topK: 1 },
    { ...all, topK: 50, topP: 0.9 },
    { ...all, topK: 1024, minP: 0.01, repetitionPenalty: 1.3 },
    { ...all, topK: 2000 }, // by libtorch's operators, as are the next
    { ...all, topP: 0.8 },
  ])("ids are drawn as plain operators draw them: %o", (how) => {
    for (const [batch, vocab] of [
      [16, 50257],
      [3, 300],
    ] as const) {
      for (const spread of [0.5, 4, 300]) {
        const logits = randn([batch, vocab + 7], { device: "cuda" })
          .mul(spread)
          .narrow(1, 0, vocab);
        const seen = how.repetitionPenalty === 1 ? null : randn([batch, vocab], { device: "cuda" }).gt(0);
        const uniform = rand([batch], { dtype: "float64", device: "cuda" });
        const [found, wanted] = [sampleRows, sampleRowsReference].map((draw) => draw(logits, seen, how, uniform));
        expect(found?.toArray()).toEqual(wanted?.toArray());
      }
    }
  });

  test.each([
    { heads: 12, shared: 12, size: 64, capacity: 1024 },
    { heads: 8, shared: 2, size: 64, capacity: 300 },
    { heads: 8, shared: 1, size: 128, capacity: 70 },
    { heads: 6, shared: 3, size: 80, capacity: 65 },
    { heads: 2, shared: 2, size: 256, capacity: 33 },
    { heads: 18, shared: 2, size: 10, capacity: 33 }, // by libtorch's operators
  ])("attention to a ragged cache is what plain operators compute: %o", ({ heads, shared, size, capacity }) => {
    const lengths = [0, 1, 17, 32, capacity - 1];
    const batch = lengths.length;
    const draw = (...shape: number[]) => randn(shape, { device: "cuda" });
    const qkv = draw(batch, 1, heads + 2 * shared, size);
    const part = (from: number, count: number) => qkv.narrow(2, from, count).transpose(1, 2);
    const [q, k, v] = [part(0, heads), part(heads, shared), part(heads + shared, shared)];
    const [keys, values] = [draw(batch, shared, capacity, size), draw(batch, shared, capacity, size)];
    const cache = () => ({
      keys: keys.clone(),
      values: values.clone(),
      lengths: tensor(lengths, [batch], { dtype: "int64", device: "cuda" }),
    });
    const [mine, plain] = [cache(), cache()];
    const [found, wanted] = [raggedAttention(q, k, v, mine), raggedAttentionReference(q, k, v, plain)];
    expect(furthest(found, wanted)).toBeLessThan(1e-4);
    expect([mine.keys.equal(plain.keys), mine.values.equal(plain.values)]).toEqual([true, true]);
  });
});
