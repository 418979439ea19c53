import { basename, join } from "node:path";
import { isFile } from "@trainer/disk";
import { findWeights, loadModel, type LoadedModel } from "@trainer/models";
import { MODEL_FILE } from "../checkpoint/manifest.js";
import { newestValid } from "../checkpoint/read.js";
import { TrainingError } from "../errors.js";
import { readManifest, type RunManifest } from "../home/manifest.js";

/**
 * The file of a folder's weights, or their index: of a run the best so far, or those of the newest sound checkpoint where it
 * was stopped before it had any best.
 * @throws TrainingError MODEL_NOT_FOUND
 */
export async function weightsOf(dir: string, manifest: RunManifest | null): Promise<string> {
  if (await isFile(join(dir, "config.json"))) {
    const best = findWeights(dir);
    if (best !== null) return best;
    const newest = manifest === null ? null : await newestValid(join(dir, "checkpoints"), () => {});
    if (newest !== null) return join(newest.path, MODEL_FILE);
  }
  throw noWeights(dir, manifest);
}

/** The model of a folder as it is used: of a run, the one it has come to. */
export async function loadNewest(dir: string, device: "cpu" | "cuda"): Promise<LoadedModel> {
  const weights = await weightsOf(dir, await readManifest(join(dir, "manifest.json")));
  return await loadModel(dir, { device, weights });
}

function noWeights(dir: string, manifest: RunManifest | null): TrainingError {
  const why =
    manifest === null
      ? `${dir} holds no whole model: expected config.json and model.safetensors`
      : `run ${basename(dir)} has no trained weights (its status is ${manifest.status} after ${manifest.steps} steps): let it finish, or continue it with \`trainer resume ${basename(dir)}\``;
  return new TrainingError("MODEL_NOT_FOUND", why);
}
