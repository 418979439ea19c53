import { createRequire } from "node:module";
import { join } from "node:path";
import { npmPackage } from "@trainer/testing/npm-package";

/** llama.cpp as an addon for Node.js, built ahead and without packages of its own: 11 MB. */
const VERSION = "3.22.1";
const BUILDS = new Map([
  ["linux x64", "linux-x64"],
  ["linux arm64", "linux-arm64"],
  ["darwin arm64", "mac-arm64-metal"],
]);

async function addonFolder(): Promise<{ path: string } | { missing: string }> {
  const build = BUILDS.get(`${process.platform} ${process.arch}`);
  if (build === undefined) return { missing: `there is no llama.cpp for ${process.platform} on ${process.arch}` };
  const found = await npmPackage(`@node-llama-cpp/${build}@${VERSION}`);
  return "missing" in found ? found : { path: join(found.path, "bins", build) };
}

const fetched = await addonFolder();

/** Why llama.cpp is not run here; null where it is. */
export const noLlamaCpp: string | null = "missing" in fetched ? fetched.missing : null;
const folder = "missing" in fetched ? "" : fetched.path;

/** What is used of the addon of the package @node-llama-cpp/linux-x64 and its like. */
interface Addon {
  readonly AddonModel: new (path: string, options: { addonExports: Addon; gpuLayers: number }) => Model;
  readonly AddonContext: new (model: Model, options: ContextOptions) => Context;
  readonly AddonSampler: new (model: Model) => Sampler;
  markLoaded(): boolean;
  setLogger(log: (level: number, message: string) => void): void;
  setLoggerLogLevel(level: number): void;
  loadBackends(folder?: string): void;
  init(): Promise<void>;
}

interface Model {
  init(): Promise<boolean>;
  dispose(): Promise<void>;
  /** `special`: those that the text spells are these tokens. */
  tokenize(text: string, special: boolean): Uint32Array;
  isEogToken(token: number): boolean;
  tokenBos(): number;
  tokenEos(): number;
  shouldPrependBosToken(): boolean;
  shouldAppendEosToken(): boolean;
}

interface ContextOptions {
  readonly contextSize: number;
  readonly batchSize: number;
  readonly sequences: number;
  readonly flashAttention: boolean;
  readonly threads: number;
}

interface Context {
  init(): Promise<boolean>;
  dispose(): Promise<void>;
  initBatch(size: number): void;
  addToBatch(sequence: number, position: number, ids: Uint32Array, withLogits: Uint32Array): Uint32Array;
  decodeBatch(): Promise<void>;
  /** The likeliest token, and all tokens with their probabilities, one after the other. */
  sampleToken(at: number, sampler: Sampler, probabilities: true): Promise<[token: number, probabilities: number[]]>;
}

interface Sampler {
  applyConfig(config: { temperature: number }): void;
  dispose(): void;
}

const isAddon = (value: unknown): value is Addon =>
  typeof value === "object" && value !== null && "AddonModel" in value && "AddonContext" in value;

/** What llama.cpp has said that is worth hearing. */
const said: string[] = [];
let addon: Promise<Addon> | undefined;

async function loadAddon(): Promise<Addon> {
  const loaded: unknown = createRequire(import.meta.url)(join(folder, "llama-addon.node"));
  if (!isAddon(loaded)) throw new Error(`${folder} has another addon than is known here`);
  loaded.markLoaded();
  loaded.setLogger((_, message) => said.push(message));
  loaded.setLoggerLogLevel(2); // errors
  loaded.loadBackends();
  loaded.loadBackends(folder);
  await loaded.init();
  return loaded;
}

/** A model as llama.cpp runs it. */
export interface LlamaCpp extends AsyncDisposable {
  readonly model: Model;
  /** Ids of a text, without a begin token. */
  encode(text: string): number[];
  /** The mean cross entropy of each token after the first, in nats. */
  loss(ids: readonly number[]): Promise<number>;
  /** The likeliest tokens after these, until one ends the text. */
  greedy(ids: readonly number[], most: number): Promise<number[]>;
}

export async function openLlamaCpp(path: string, contextLength: number): Promise<LlamaCpp> {
  addon ??= loadAddon();
  const { AddonModel, AddonContext, AddonSampler } = await addon;
  said.length = 0;
  const model = new AddonModel(path, { addonExports: await addon, gpuLayers: 0 });
  if (!(await model.init())) throw new Error(`llama.cpp does not open ${path}: ${said.join("")}`);
  const sampler = new AddonSampler(model);
  sampler.applyConfig({ temperature: 0 });

  const withContext = async <T>(use: (context: Context) => Promise<T>): Promise<T> => {
    const size = { contextSize: contextLength, batchSize: contextLength, sequences: 1 };
    const context = new AddonContext(model, { ...size, flashAttention: false, threads: 1 });
    if (!(await context.init())) throw new Error(`llama.cpp makes no context: ${said.join("")}`);
    try {
      return await use(context);
    } finally {
      await context.dispose();
    }
  };
  const read = async (context: Context, position: number, ids: readonly number[]) => {
    context.initBatch(ids.length);
    const all = Uint32Array.from(ids, (_, i) => i);
    const places = context.addToBatch(0, position, Uint32Array.from(ids), all);
    await context.decodeBatch();
    return places;
  };
  return {
    model,
    encode: (text) => Array.from(model.tokenize(text, false)),
    loss: (ids) =>
      withContext(async (context) => {
        const places = await read(context, 0, ids);
        let nats = 0;
        for (const [i, next] of ids.slice(1).entries()) {
          const [, probabilities] = await context.sampleToken(places[i] ?? 0, sampler, true);
          const at = probabilities.findIndex((token, place) => place % 2 === 0 && token === next);
          nats -= Math.log(probabilities[at + 1] ?? 0);
        }
        return nats / (ids.length - 1);
      }),
    greedy: (ids, most) =>
      withContext(async (context) => {
        const made: number[] = [];
        let places = await read(context, 0, ids);
        while (made.length < most) {
          const [token] = await context.sampleToken(places.at(-1) ?? 0, sampler, true);
          if (model.isEogToken(token)) break;
          made.push(token);
          places = await read(context, ids.length + made.length - 1, [token]);
        }
        return made;
      }),
    async [Symbol.asyncDispose]() {
      sampler.dispose();
      await model.dispose();
    },
  };
}
