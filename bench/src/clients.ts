import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { build, gpt2, llama, newConfig, saveModel, type CausalLm } from "@trainer/models";
import { parseJson } from "@trainer/platform";
import { trainBpe, type Tokenizer } from "@trainer/tokenizers";
import { z } from "zod";
import { SHAKESPEARE } from "./bundled.js";
import { chosen, median, type Benchmark, type BenchmarkOptions, type Work } from "./report.js";
import { TRAINER } from "./system.js";
import { temporaryFolder } from "./token-file.js";

const CLIENTS = 16;
const NEW_TOKENS = 64;
const PROMPT_WORDS = 16;

const decoder = (width: number, layers: number, heads: number) => ({
  hiddenSize: width,
  intermediateSize: Math.round((width * 8) / 3 / 4) * 4,
  numHiddenLayers: layers,
  numAttentionHeads: heads,
  numKeyValueHeads: heads,
});
const asked = { contextLength: 256, size: "tiny" } as const;

const MODELS: Readonly<Record<string, (vocabSize: number) => CausalLm>> = {
  "LLaMA 2 x 64": (vocabSize) =>
    build(llama, newConfig(llama, { ...asked, vocabSize, dimensions: decoder(64, 2, 4) }), { seed: 1 }),
  "LLaMA 8 x 512": (vocabSize) =>
    build(llama, newConfig(llama, { ...asked, vocabSize, dimensions: decoder(512, 8, 8) }), { seed: 1 }),
  "GPT-2 small 124M": () =>
    build(gpt2, newConfig(gpt2, { ...asked, size: "small", vocabSize: 50257, dimensions: {} }), { seed: 1 }),
};

/** Prompts of a round, by the client's number. */
const PROMPTS: Readonly<Record<string, (round: number, client: number) => string>> = {
  "one prompt": (round) => words(1000 * round + 77),
  "different prompts": (round, client) => words(100 * round + client),
};

/**
 * Sixteen clients of `trainer openai` at once, streamed over HTTP, beside as many requests one after another: tokens a
 * second of all together, and the first token of the slowest beside that of one alone.
 */
export const clients: Benchmark = async (options) => {
  using folder = temporaryFolder();
  const tokenizer = await trainBpe({ files: [SHAKESPEARE], vocabSize: 4096 });
  const works: Work[] = [];
  for (const [name, make] of Object.entries(MODELS).filter(chosen(options))) {
    await using server = await serve(`${folder.path}/${name.replaceAll(" ", "-")}`, make, tokenizer, options);
    for (const [prompts, prompt] of Object.entries(PROMPTS))
      works.push(...(await compared(`${name}, ${prompts}`, server.url, prompt, options)));
  }
  return { benchmark: "clients", unit: "tokens/s", better: "higher", works };
};

async function compared(
  name: string,
  url: string,
  prompt: (round: number, client: number) => string,
  { rounds, log }: BenchmarkOptions,
): Promise<Work[]> {
  const together: Measured[] = [];
  const alone: Measured[] = [];
  await measured([words(1), words(2)].map((text) => () => ask(url, text, 0))); // warms up
  for (let round = 1; round <= rounds; round += 1) {
    const single = Array.from({ length: CLIENTS / 2 }, (_, i) => words(5000 + round * CLIENTS + i));
    alone.push(await measured(single.map((text, i) => () => ask(url, text, i))));
    const all = Array.from({ length: CLIENTS }, (_, i) => i);
    together.push(await measured([() => Promise.all(all.map((i) => ask(url, prompt(round, i), i)))]));
    const [one, many] = [alone.at(-1)?.tokensPerSecond, together.at(-1)?.tokensPerSecond];
    log(`${name}, round ${round} of ${rounds}: ${one?.toFixed(0)} tokens/s alone, ${many?.toFixed(0)} of ${CLIENTS}`);
  }
  return [
    {
      name,
      sides: [
        { name: `${CLIENTS} at once`, rounds: together.map((each) => each.tokensPerSecond) },
        { name: "one after another", rounds: alone.map((each) => each.tokensPerSecond) },
      ],
    },
    {
      name: `${name}: first token`,
      unit: "ms",
      sides: [
        { name: `slowest of ${CLIENTS}`, rounds: together.map(({ firsts }) => Math.max(...firsts)) },
        { name: "alone", rounds: alone.map(({ firsts }) => median(firsts)) },
      ],
    },
  ];
}

interface Measured {
  readonly tokensPerSecond: number;
  /** Milliseconds to the first token of each request. */
  readonly firsts: readonly number[];
}

interface Answered {
  readonly first: number;
  readonly tokens: number;
}

/** Does these one after another. */
async function measured(works: readonly (() => Promise<Answered | readonly Answered[]>)[]): Promise<Measured> {
  const began = performance.now();
  const answers: Answered[] = [];
  for (const work of works) answers.push(...[await work()].flat());
  const seconds = (performance.now() - began) / 1000;
  const tokens = answers.reduce((sum, answer) => sum + answer.tokens, 0);
  return { tokensPerSecond: tokens / seconds, firsts: answers.map(({ first }) => first) };
}

const Usage = z.object({ usage: z.object({ completion_tokens: z.int() }) });

async function ask(url: string, prompt: string, seed: number): Promise<Answered> {
  const began = performance.now();
  const options = { max_tokens: NEW_TOKENS, temperature: 0.8, stream: true, stream_options: { include_usage: true } };
  const body = JSON.stringify({ model: "served", prompt, seed, ...options });
  const answer = await fetch(`${url}/completions`, { method: "POST", body });
  let first: number | null = null;
  let text = "";
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (first === null && /"text":"[^"]/.test(text)) first = performance.now() - began;
  }
  const last = text.trimEnd().split("\n\n").at(-2) ?? "";
  const { completion_tokens: tokens } = Usage.parse(parseJson(last.slice("data: ".length))).usage;
  return { first: first ?? performance.now() - began, tokens };
}

/** `trainer openai` with a model of random weights. */
async function serve(
  folder: string,
  make: (vocabSize: number) => CausalLm,
  tokenizer: Tokenizer,
  { threads }: BenchmarkOptions,
): Promise<AsyncDisposable & { readonly url: string }> {
  const dir = `${folder}/served`;
  await saveModel(dir, make(tokenizer.vocabSize), { bosTokenId: null, eosTokenId: null, padTokenId: null });
  await tokenizer.save(dir);
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), LOGGING__LEVEL: "ERROR" };
  const args = [TRAINER, "openai", dir, "--port", "0", "--json"];
  const server = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise((resolve) => server.once("close", resolve));
  for await (const line of createInterface({ input: server.stdout })) {
    const { url } = z.object({ url: z.string() }).parse(JSON.parse(line));
    return {
      url,
      async [Symbol.asyncDispose]() {
        server.kill("SIGTERM");
        await exited;
      },
    };
  }
  throw new Error("trainer openai ended before it served");
}

const WORDS =
  "First Citizen before we proceed any further hear me speak You are all resolved rather to die than famish know Caius Marcius is chief enemy people let us kill him and have corn at our own price".split(
    " ",
  );

/** A text of some words, another for each number. */
function words(salt: number): string {
  const at = (i: number) => WORDS[(salt * 7 + i * (salt + 1)) % WORDS.length];
  return Array.from({ length: PROMPT_WORDS }, (_, i) => at(i)).join(" ");
}
