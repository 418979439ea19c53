import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ours, peer } from "./child.js";
import { hasFastBf16 } from "@trainer/torch";
import { chosen, median, type Benchmark, type BenchmarkOptions, type Side, type Work } from "./report.js";
import { temporaryFolder, writeTokens } from "./token-file.js";
import { TrainResult, type TrainSettings } from "./train-settings.js";

interface Size {
  /** The `config.json` that both sides build their model from. */
  readonly config: { readonly model_type: string; readonly vocab_size: number; readonly [field: string]: unknown };
  readonly seqLen: number;
  readonly batchSize: number;
  readonly warmUp: number;
  readonly steps: number;
}

const gpt2 = (nLayer: number, nEmbd: number, nHead: number, vocabSize: number, nPositions = 256) => ({
  model_type: "gpt2",
  vocab_size: vocabSize,
  n_positions: nPositions,
  n_layer: nLayer,
  n_embd: nEmbd,
  n_head: nHead,
  bos_token_id: 0,
  eos_token_id: 0,
});

/** Dimensions of LLaMA and Qwen: two heads share a pair of keys and values at 4 x 256. */
const decoder = { bos_token_id: 0, eos_token_id: 0, max_position_embeddings: 256, tie_word_embeddings: true };
const narrow = {
  ...decoder,
  vocab_size: 4096,
  num_hidden_layers: 4,
  hidden_size: 256,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};
const wide = {
  ...decoder,
  vocab_size: 50257,
  num_hidden_layers: 12,
  hidden_size: 768,
  intermediate_size: 2048,
  num_attention_heads: 12,
  num_key_value_heads: 12,
};
const small = { seqLen: 256, batchSize: 4, warmUp: 4, steps: 20 };
const large = { seqLen: 256, batchSize: 1, warmUp: 2, steps: 6 };
const lstm = { vocab_size: 96, embed_dim: 256, hidden_dim: 512, num_layers: 2, dropout: 0.1, max_seq_len: 128 };

/** nanoGPT's recipe for CPUs, which everybody tries first. */
const nano = {
  config: { ...gpt2(4, 128, 4, 65, 64), embd_pdrop: 0, attn_pdrop: 0, resid_pdrop: 0 },
  seqLen: 64,
  batchSize: 12,
  warmUp: 10,
  steps: 100,
};

const SIZES: Readonly<Record<string, Size>> = {
  "GPT-2 4 x 128, V 65, batch 12 x 64": nano,
  "GPT-2 4 x 256, V 4096, batch 4 x 256": { config: gpt2(4, 256, 4, 4096), ...small },
  "LLaMA 4 x 256, V 4096, batch 4 x 256": {
    config: { ...narrow, model_type: "llama", intermediate_size: 704 },
    ...small,
  },
  "Qwen2 4 x 256, V 4096, batch 4 x 256": {
    config: { ...narrow, model_type: "qwen2", intermediate_size: 768 },
    ...small,
  },
  "Qwen3 4 x 256, V 4096, batch 4 x 256": {
    config: { ...narrow, model_type: "qwen3", intermediate_size: 768, head_dim: 64 },
    ...small,
  },
  "Char-LSTM small, V 96, batch 16 x 128": {
    config: { ...lstm, model_type: "char_lstm" },
    seqLen: 128,
    batchSize: 16,
    warmUp: 4,
    steps: 16,
  },
  "GPT-2 small 124M, batch 1 x 256": { config: gpt2(12, 768, 12, 50257), ...large },
  "LLaMA 12 x 768, batch 1 x 256": { config: { ...wide, model_type: "llama" }, ...large },
  "Qwen3 12 x 768, batch 1 x 256": { config: { ...wide, model_type: "qwen3", head_dim: 64 }, ...large },
};

/** Both sides' mean loss over the last steps may differ by this share: the initial weights and the masks differ. */
const TOLERANCE = 0.05;

/**
 * One training step, from a batch of ids to updated weights and a loss in hand: the config's dropout (0.1 in GPT-2 and
 * the LSTM), AdamW, clipping to a norm of 1, on both sides.
 */
export const train: Benchmark = async (options) => {
  using folder = temporaryFolder();
  const works: Work[] = [];
  for (const [name, { config, ...size }] of Object.entries(SIZES).filter(chosen(options))) {
    const model = mkdtempSync(join(folder.path, "model-"));
    writeFileSync(join(model, "config.json"), JSON.stringify(config));
    const data = join(model, "tokens.u16");
    writeTokens(data, 200_000, config.vocab_size);
    const { threads } = options;
    const sides = { fused: true, precision: "fp32", compile: false } as const;
    const settings = { ...size, folder: model, threads, seed: 1, lr: 3e-4, data, ...sides };
    const library = config.model_type === "char_lstm" ? "torch.nn.LSTM" : "transformers";
    works.push({ name, sides: await measured(name, library, settings, options) });
  }
  return { benchmark: "train", unit: "ms/step", better: "lower", works };
};

async function measured(
  name: string,
  library: string,
  settings: TrainSettings,
  { rounds, python, log }: BenchmarkOptions,
): Promise<Side[]> {
  const runs = [
    { name: "ours", run: () => ours("./train-ours.js", settings, TrainResult) },
    ...(hasFastBf16()
      ? [{ name: "ours, bf16", run: () => ours("./train-ours.js", { ...settings, precision: "bf16" }, TrainResult) }]
      : []),
    { name: "ours, fused kernels off", run: () => ours("./train-ours.js", { ...settings, fused: false }, TrainResult) },
    { name: `${library} eager`, run: () => peer(python, "train.py", settings, TrainResult) },
    {
      name: `${library} torch.compile`,
      run: () => peer(python, "train.py", { ...settings, compile: true }, TrainResult),
      once: true, // it compiles for a minute or more before the first step
    },
  ];
  const results = runs.map(({ name }) => ({ name, found: new Array<TrainResult>() }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, { name: side, run, once = false }] of runs.entries()) {
      if (once && round > 0) continue;
      const found = await run();
      results[i]?.found.push(found);
      log(`${name}, round ${round + 1} of ${rounds}, ${side}: ${stepTime(found, settings).toPrecision(3)} ms/step`);
    }
  }
  const summed = results.map(({ name, found }) => ({ name, found, loss: median(found.map(lastLoss)) }));
  const [first] = summed;
  for (const { name: side, loss } of summed) {
    if (first !== undefined && !(Math.abs(loss - first.loss) < TOLERANCE * first.loss))
      throw new Error(`${name}: ${side} came to a loss of ${loss}, ours to ${first.loss}: not the same work`);
  }
  return summed.map(({ name, found, loss }) => ({
    name,
    rounds: found.map((result) => stepTime(result, settings)),
    peakBytes: median(found.map(({ peakBytes }) => peakBytes)),
    libraryBytes: median(found.map(({ libraryBytes }) => libraryBytes)),
    evidence: [`loss ${loss.toFixed(3)}`, ...products(found)].join(", "),
  }));
}

function products(found: readonly TrainResult[]): string[] {
  const shares = found.flatMap(({ productShare }) => productShare ?? []);
  return shares.length === 0 ? [] : [`products ${(100 * median(shares)).toFixed(0)} %`];
}

const stepTime = ({ milliseconds }: TrainResult, { warmUp }: TrainSettings) => median(milliseconds.slice(warmUp));

function lastLoss({ losses }: TrainResult): number {
  const last = losses.slice(-4);
  return last.reduce((sum, loss) => sum + loss, 0) / last.length;
}
