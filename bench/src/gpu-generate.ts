import { fileURLToPath } from "node:url";
import { build, gpt2, gpt2Config, quantize, type CausalLm } from "@trainer/models";
import type { EncodedText, Tokenizer } from "@trainer/tokenizers";
import { cudaQueue, devices, eagerQueue, type DeviceQueue } from "@trainer/torch";
import { generateManyStream, openHome, openModel, type OpenModel } from "@trainer/training";

// Tokens a second of GPT-2 with 124 million parameters (random ones) on a GPU, by weights and texts side by side. Needs
// nothing but this repository's build: `node bench/dist/gpu-generate.js`; with `tiny` it runs small and on a CPU too.
const tiny = process.argv.includes("tiny");
const only = process.argv.find((argument) => argument.startsWith("weights="))?.slice("weights=".length);
const device = devices().cuda.count > 0 ? "cuda" : "cpu";
const config = gpt2Config(tiny ? { vocabSize: 500, nPositions: 128, nEmbd: 64, nLayer: 2, nHead: 2 } : {});
const [SHORT, LONG] = tiny ? [8, 40] : [64, 320];

/** Every id is a letter. */
class Letters implements Tokenizer {
  readonly kind = "letters";
  readonly vocabSize = config.vocabSize;
  readonly specials = { pad: null, unk: null, bos: null, eos: null };
  readonly frame = { before: [], after: [] };
  readonly #letter = new TextEncoder().encode("a");

  encode(text: string): Int32Array {
    return Int32Array.from(text, (character) => (character.codePointAt(0) ?? 0) % this.vocabSize);
  }
  encodeWithOffsets(text: string): EncodedText {
    return { ids: this.encode(text), offsets: new Uint32Array() };
  }
  encodeBytes(utf8: Uint8Array): Int32Array {
    return this.encode(new TextDecoder().decode(utf8));
  }
  async encodeBatch(): Promise<never> {
    throw new Error("no batches of letters");
  }
  decode(ids: Iterable<number>): string {
    return Array.from(ids, () => "a").join("");
  }
  tokenBytes(): Uint8Array {
    return this.#letter;
  }
  token(): string {
    return "a";
  }
  isSpecial(): boolean {
    return false;
  }
  async save(): Promise<never> {
    throw new Error("letters have no file");
  }
}

interface Case {
  readonly model: CausalLm;
  readonly texts: number;
  readonly topK: number | null; // null: the likeliest
  readonly queue: DeviceQueue | null;
}

const home = openHome("no-such-home");
const folder = fileURLToPath(new URL("../../packages/training/test/fixtures/tiny-gpt2", import.meta.url));
const frame = await openModel(folder, { home, device: "cpu" }); // what an opened model has beside the model

/** Seconds of a generation of `tokens` tokens for each text, whose prompts have 8 tokens and more. */
async function seconds(opened: OpenModel, { texts, topK, queue }: Case, tokens: number): Promise<number> {
  const prompts = Array.from({ length: texts }, (_, i) => "on a dark night".slice(0, 8 + (i % 7)));
  const sampling = topK === null ? { temperature: 0 } : { topK, temperature: 1 };
  const options = { ...sampling, seed: 1, maxNewTokens: tokens, stopOnEos: false };
  const start = performance.now();
  let steps = 0;
  for await (const event of generateManyStream(opened, prompts, options, undefined, queue)) {
    if (event.type === "done") ({ steps } = event.result);
  }
  if (steps !== tokens * texts) throw new Error(`${steps} tokens were written instead of ${tokens * texts}`);
  return (performance.now() - start) / 1000;
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

async function measure(name: string, which: Case): Promise<void> {
  const opened: OpenModel = { ...frame, model: which.model, device, tokenizer: new Letters(), contextLength: 1024 };
  const first = await seconds(opened, which, SHORT); // compiles, measures and records
  const short: number[] = [];
  const long: number[] = [];
  for (let repeat = 0; repeat < (which.queue === null ? 2 : 5); repeat += 1) {
    short.push(await seconds(opened, which, SHORT));
    long.push(await seconds(opened, which, LONG));
  }
  const whole = (LONG * which.texts) / median(long);
  const steady = ((LONG - SHORT) * which.texts) / (median(long) - median(short));
  const step = (1e6 * (median(long) - median(short))) / (LONG - SHORT);
  process.stdout.write(
    `${[name, whole.toFixed(0), steady.toFixed(0), step.toFixed(0), (first * 1000).toFixed(0)].join(" | ")}\n`,
  );
}

const recorder = device === "cuda" ? cudaQueue() : eagerQueue;
/** Generation goes on step by step where recording fails, which would not be what is measured. */
const gpu: DeviceQueue = {
  ...recorder,
  record(work, options) {
    try {
      return recorder.record(work, options);
    } catch (error) {
      process.stderr.write(`nothing was recorded: ${String(error)}\n`);
      process.exit(1);
    }
  },
};
process.stdout.write(`device ${device} ${devices().cuda.names.join(", ")}\n`);
process.stdout.write(
  `case | tokens/s of ${LONG} tokens | tokens/s between ${SHORT} and ${LONG} | µs a step | ms of the first\n`,
);
for (const weights of ["fp32", "bf16", "int8"] as const) {
  if (only !== undefined && only !== weights) continue;
  const built = build(gpt2, config, { seed: 1, device });
  const model = weights === "fp32" ? built : quantize(built, weights);
  for (const texts of [1, 4, 16]) {
    await measure(`${weights} ${texts} greedy`, { model, texts, topK: null, queue: gpu });
    await measure(`${weights} ${texts} top-k 50`, { model, texts, topK: 50, queue: gpu });
  }
  await measure(`${weights} 1 greedy, step by step`, { model, texts: 1, topK: null, queue: null });
  frame.recorded?.[Symbol.dispose]();
  for (const parameter of model.params.list()) parameter.dispose();
}
frame[Symbol.dispose]();
