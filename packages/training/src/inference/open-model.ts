import { join } from "node:path";
import { loadModel, type CausalLm } from "@trainer/models";
import { loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { acquireRun } from "../artifact/ensure-run.js";
import type { FetchContext } from "../home/data-bank.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import type { ResolvedRun } from "../home/resolve-run.js";
import { tokenizerFileIn } from "../home/tokenizer-file.js";
import { weightsOf } from "../model/stored-model.js";
import { readManifest, type RunManifest } from "../home/manifest.js";
import { withPluginsOf } from "../plugins/missing-plugins.js";
import type { WeightChoice } from "@trainer/options";
import { resolveCompute, type DeviceChoice } from "../step/precision.js";
import { isGguf, ofGguf, unpackGguf } from "./gguf/unpack-gguf.js";
import { readChatTemplate } from "../conversation/chat-template.js";
import { RecordedSteps } from "./recorded-step.js";
import { forgetTexts } from "./shared-batches.js";
import { quantizeOpened, type QuantizationLoss } from "./quantize-opened.js";
import { textBounds } from "./text-bounds.js";

/** A trained model with its tokenizer, ready for use; disposing of it frees the weights. */
export interface OpenModel extends Disposable {
  /** Null for a folder that is no run of the home. */
  readonly id: string | null;
  readonly dir: string;
  /** The file that the weights are from, or their index. */
  readonly weights: string;
  readonly model: CausalLm;
  /** Type of the matrices. */
  readonly weightType: WeightChoice;
  /** Cost of a smaller type, if there is a held-out text to measure it on. */
  readonly quantizationLoss: QuantizationLoss | null;
  /** Device of the model. */
  readonly device: "cpu" | "cuda";
  readonly tokenizer: Tokenizer;
  /** Null for a folder that was not made by a run. */
  readonly manifest: RunManifest | null;
  /** The most tokens the model looks at. */
  readonly contextLength: number;
  /** The token that training puts after a text. */
  readonly eosId: number | null;
  /** The tokens that end a text: `eosId`, and all that the folder names. */
  readonly ends: ReadonlySet<number>;
  /** Chat template of its folder, in Jinja; null if it has none. */
  readonly chatTemplate: string | null;
  /** Ids within the tokenizer's that stand for no token: they are never written. */
  readonly absent: readonly number[];
  /** The begin token for texts that need or request one: an empty prompt has no other. */
  readonly startId: number | null;
  /** Keeps what was recorded to generate, for the next time; absent: nothing is kept. */
  readonly recorded?: RecordedSteps;
  /** The most bytes that keys and values of texts take which have ended: prompts that begin as they do find them. */
  readonly promptCacheBytes?: number;
}

/**
 * Opens a run by its id, or a folder in Hugging Face's layout or a GGUF file by its path. A run that a cleanup has removed is fetched
 * if there is a `dataBank`. With `weightType` bf16 or int8 its matrices are held in that type: generation reads half or
 * a quarter as much, and the loss is a little higher. Until it is disposed of, no cleanup removes the run.
 *
 * Errors: RUN_NOT_FOUND, ARTIFACT_DOWNLOAD_FAILED, MODEL_NOT_FOUND (nothing trained there yet), TOKENIZER_NOT_FOUND (no
 * tokenizer in it), MODEL_INCOMPATIBLE (the tokenizer has more tokens than the model; a model that cannot have such
 * weights), those of `loadModel` and `loadTokenizer`.
 */
export async function openModel(ref: string, options: OpenModelOptions): Promise<OpenModel> {
  if (await isGguf(ref, options.home)) {
    const unpacked = await unpackGguf(ref);
    return held(unpacked, () =>
      open(unpacked, options).catch((error: unknown) => {
        throw ofGguf(error, unpacked);
      }),
    );
  }
  const run = await acquireRun(ref, options);
  return held(run, () => open(run, options));
}

/** Opens the model of what lies in a place that stays until the model is disposed of. */
async function held(place: Disposable, openIt: () => Promise<OpenModel>): Promise<OpenModel> {
  try {
    const opened = await openIt();
    const free = () => {
      opened[Symbol.dispose]();
      place[Symbol.dispose]();
    };
    return { ...opened, [Symbol.dispose]: free };
  } catch (error) {
    place[Symbol.dispose]();
    throw error;
  }
}

export interface OpenModelOptions extends FetchContext {
  readonly home: Home;
  readonly device?: DeviceChoice;
  readonly weightType?: WeightChoice;
  /** 0 unless given: nothing is kept of a text that has ended. On a CPU in float32. */
  readonly promptCacheBytes?: number;
}

async function open(
  { id, dir, weights: given }: ResolvedRun & { readonly weights?: string },
  { home, device = "auto", weightType = "fp32", promptCacheBytes = 0 }: OpenModelOptions,
): Promise<OpenModel> {
  const manifest = await readManifest(join(dir, "manifest.json"));
  const weights = given ?? (await weightsOf(dir, manifest));
  if ((await tokenizerFileIn(dir)) === null) throw noTokenizer(dir);
  const compute = resolveCompute(device, "fp32");
  const { tokenizer, model, specials } = await withPluginsOf(manifest?.plugins ?? [], async () => ({
    tokenizer: await loadTokenizer(dir),
    ...(await loadModel(dir, { device: compute.device, weights })),
  }));
  const recorded = new RecordedSteps();
  const free = () => {
    recorded[Symbol.dispose]();
    forgetTexts(model);
    for (const parameter of model.params.list()) parameter.dispose();
  };
  const { vocabSize, contextLength } = model;
  if (tokenizer.vocabSize > vocabSize) {
    free();
    throw new TrainingError(
      "MODEL_INCOMPATIBLE",
      `${dir}: the tokenizer has ${tokenizer.vocabSize} tokens, the model only ${vocabSize}; it was trained with another`,
    );
  }
  const about = {
    id,
    dir,
    weights,
    manifest,
    contextLength,
    chatTemplate: await readChatTemplate(dir),
    ...(await textBounds(dir, { tokenizer, specials, manifest })),
    tokenizer,
    device: compute.device,
    recorded,
    promptCacheBytes,
  };
  const opened = { ...about, model, weightType: "fp32", quantizationLoss: null, [Symbol.dispose]: free } as const;
  if (weightType === "fp32") return opened;
  try {
    return await quantizeOpened(opened, weightType, home);
  } catch (error) {
    free();
    throw error;
  }
}

const noTokenizer = (dir: string) =>
  new TrainingError(
    "TOKENIZER_NOT_FOUND",
    `${dir} holds no tokenizer (tokenizer.json or tokenizer.model); put the one the model was trained with there`,
  );
