import { join } from "node:path";
import { EvaluateOptions } from "@trainer/options";
import { TrainingError } from "../errors.js";
import { fetching } from "../home/fetching.js";
import { readManifest, type Drift, type RunManifest } from "../home/manifest.js";
import { measureText } from "../inference/evaluate.js";
import { usualSplit } from "../inference/evaluation-place.js";
import { openEvaluationText } from "../inference/evaluation-text.js";
import { openModel, type OpenModel } from "../inference/open-model.js";
import type { Pretrained } from "../model/pretrained.js";
import type { RunOptions } from "../options/options.js";
import { optionsOfRun } from "../options/options-of-run.js";
import type { Session } from "./run-context.js";

/** @throws TrainingError INVALID_INPUT where drift is asked for from weights whose text is not known here */
export async function checkDrift({ drift }: Pick<RunOptions, "drift">, pretrained: Pretrained | null): Promise<void> {
  if (!drift || pretrained === null) return;
  const { dir } = pretrained;
  heldOut(dir, await readManifest(join(dir, "manifest.json")));
}

/** Bits that a byte takes of what the base held out, by the base and by the model that was trained on from it. */
export async function measureDrift({ options, context, compute }: Session, trained: OpenModel): Promise<Drift> {
  const where = fetching(context);
  using base = await openModel(String(options.pretrainedRunId), { ...where, device: compute.device });
  const text = heldOut(base.dir, base.manifest);
  return {
    split: text.split,
    before: await bitsOn(text, base, where),
    after: await bitsOn(text, trained, where),
  };
}

interface HeldOut {
  readonly manifest: RunManifest;
  readonly split: Drift["split"];
}

/** The text that a model was not trained on. */
function heldOut(dir: string, manifest: RunManifest | null): HeldOut {
  const split = manifest && usualSplit(manifest.splits);
  const isText = manifest !== null && optionsOfRun(manifest).preference === "none";
  if (isText && split !== null) return { manifest, split };
  const held = isText ? "no text" : "pairs of answers";
  const why = manifest === null ? "was not made by a run here" : `has held out ${held}`;
  throw new TrainingError(
    "INVALID_INPUT",
    `drift is measured on text that the base held out, and ${dir} ${why}: leave it out, and measure both models on a ` +
      "text of yours afterwards (`trainer eval MODEL --path TEXT`)",
  );
}

/** Bits per byte of a model on it, read as the run read it that held it out, by the model's own tokenizer. */
async function bitsOn(
  { manifest, split }: HeldOut,
  opened: OpenModel,
  where: ReturnType<typeof fetching>,
): Promise<number | null> {
  const reading = { ...opened, manifest };
  using text = await openEvaluationText(reading, EvaluateOptions.parse({ split }), where);
  return (await measureText(reading, text, where)).bitsPerByte;
}

/** What is said of it. */
export function driftWords({ split, before, after }: Drift): string {
  const whose = `the base's own ${split} text`;
  if (before === null || after === null)
    return `What was forgotten of ${whose} has no figure: it does not come back from its tokens.`;
  const change = 100 * (after / before - 1);
  const share = `${Math.abs(change).toFixed(1)} % ${change < 0 ? "less" : "more"}`;
  return `A byte of ${whose} takes ${after.toFixed(2)} bits now, and took ${before.toFixed(2)}: ${share}.`;
}
