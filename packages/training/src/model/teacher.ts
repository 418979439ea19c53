import { sha256OfFile } from "@trainer/disk";
import type { CausalLm } from "@trainer/models";
import { loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { join } from "node:path";
import { encodingSha256 } from "../bins/bin-tokenizer.js";
import { TrainingError } from "../errors.js";
import { readManifest } from "../home/manifest.js";
import { disposeModel } from "./make-model.js";
import { loadNewest, weightsOf } from "./stored-model.js";

/** A model that another learns from. */
export interface Teacher extends Disposable {
  readonly model: CausalLm;
  /** Of the file that its weights are from, or of their index. */
  readonly sha256: string;
}

/**
 * Opens a folder's model as the teacher of one that reads `tokenizer`. `before`: the hash that its weights had when a run
 * began that goes on; null of a new one.
 *
 * @throws TrainingError CONFLICT for other weights than before; MODEL_INCOMPATIBLE for another tokenizer
 */
export async function openTeacher(
  dir: string,
  { tokenizer, device, before }: { tokenizer: Tokenizer; device: "cpu" | "cuda"; before: string | null },
): Promise<Teacher> {
  const sha256 = await sha256OfFile(await weightsOf(dir, await readManifest(join(dir, "manifest.json"))));
  if (before !== null && before !== sha256) {
    throw new TrainingError(
      "CONFLICT",
      `the teacher ${dir} has other weights than when the run began: put the old ones back, or start a new run`,
    );
  }
  await assertSameTokens(dir, tokenizer);
  const { model } = await loadNewest(dir, device);
  return { model, sha256, [Symbol.dispose]: () => disposeModel(model) };
}

/** Refuses a folder's model as the teacher of one that reads other tokens. */
export async function assertSameTokens(dir: string, tokenizer: Tokenizer): Promise<void> {
  if ((await encodingSha256(await loadTokenizer(dir))) === (await encodingSha256(tokenizer))) return;
  throw new TrainingError(
    "MODEL_INCOMPATIBLE",
    `the teacher ${dir} has another tokenizer than the run, so that what it expects is of other tokens: leave the ` +
      "tokenizer out, which takes the teacher's, or name a teacher with the same",
  );
}
