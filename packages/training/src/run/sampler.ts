import { readModelConfig, type CausalLm } from "@trainer/models";
import { EvaluateOptions } from "@trainer/options";
import type { Tokenizer } from "@trainer/tokenizers";
import { generateSamples, type Sample } from "../inference/samples.js";
import { textBounds } from "../inference/text-bounds.js";
import type { WritingModel } from "../inference/writing-model.js";
import { LinesFile } from "./lines-file.js";
import type { Session } from "./run-context.js";

const { prompts, seed, bos } = EvaluateOptions.parse({});

/** What a run's model writes as it is trained, and where that is kept. */
export interface Sampler extends Disposable {
  /** `samples.jsonl` in the run's folder. */
  readonly file: LinesFile;
  /** Texts at the prompts and by the seeds of every evaluation. Nothing of the training changes by it. */
  texts(signal: AbortSignal | undefined): Promise<readonly Sample[]>;
}

/** Null where the run is to write none; `bytes`: those of the file that its checkpoint knows of. */
export async function openSampler(
  { options, compute, folder, manifest }: Session,
  { model, tokenizer }: { readonly model: CausalLm; readonly tokenizer: Tokenizer },
  bytes: number,
): Promise<Sampler | null> {
  if (options.sampleEvery === 0) return null;
  const { specials } = await readModelConfig(folder.path);
  const { contextLength } = model;
  const { device } = compute;
  // In full precision, as an evaluation's samples are written, whatever the steps are computed in.
  const writing: WritingModel = {
    ...(await textBounds(folder.path, { tokenizer, specials, manifest: manifest.current })),
    model,
    tokenizer,
    device,
    contextLength,
    weightType: "fp32",
  };
  const file = new LinesFile(folder.samples, bytes);
  return {
    file,
    // Step by step: a recording of its own would hold memory beside that of the training's steps.
    texts: async (signal) => (await generateSamples(writing, { prompts, seed, bos }, signal, null)).samples,
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}
