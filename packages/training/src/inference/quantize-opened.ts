import { loss, quantize, type CausalLm } from "@trainer/models";
import { noGrad, scope, type WeightType } from "@trainer/torch";
import type { Batch } from "../bins/batch.js";
import type { Home } from "../home/home.js";
import { EvaluateOptions } from "@trainer/options";
import { optionsOfRun } from "../options/options-of-run.js";
import { openEvaluationText } from "./evaluation-text.js";
import type { OpenModel } from "./open-model.js";

/** Cost of weights in a smaller type, in nats per token of held-out text. */
export interface QuantizationLoss {
  readonly split: "validation" | "test";
  readonly tokens: number;
  readonly fp32: number;
  readonly quantized: number;
}

/** The most text to measure on, in batches of some 4,096 tokens: a second or two for a model of 100 million. */
const BATCHES = 2;
/** For a larger corpus finding the held-out text takes longer than loading the model. */
const CORPUS_BYTES = 1e8;

/** The model with its weights in a smaller type, and what that costs where there is a held-out text to tell. */
export async function quantizeOpened(opened: OpenModel, as: WeightType, home: Home): Promise<OpenModel> {
  const held = await heldOut(opened, home);
  if (held === null) return { ...opened, model: quantize(opened.model, as), weightType: as };
  const { split, batches } = held;
  const fp32 = lossOf(opened.model, batches);
  const model = quantize(opened.model, as);
  const quantizationLoss = { split, tokens: tokensIn(batches), fp32, quantized: lossOf(model, batches) };
  for (const { inputs, targets, documents } of batches) for (const t of [inputs, targets, documents]) t?.dispose();
  return { ...opened, model, weightType: as, quantizationLoss };
}

/** The beginning of what a run held out; null where it held nothing out but pairs of answers, or its corpus is gone, changed or large. */
async function heldOut(opened: OpenModel, home: Home) {
  const { manifest } = opened;
  if (!manifest?.splits) return null;
  const { splits } = manifest;
  const split = (["validation", "test"] as const).find((name) => splits[name].tokens > 0);
  const bytes = splits.train.bytes + splits.validation.bytes + splits.test.bytes;
  if (split === undefined || bytes > CORPUS_BYTES || optionsOfRun(manifest).preference !== "none") return null;
  try {
    using planned = await openEvaluationText(opened, EvaluateOptions.parse({ split }), { home });
    const each = Math.ceil(BATCHES / planned.texts.length);
    const batches = planned.texts.flatMap((part) => {
      using text = part.open();
      return Array.from({ length: Math.min(each, text.batches) }, () => text.next());
    });
    return { split, batches };
  } catch {
    return null; // the model can be used without it
  }
}

/** The mean over the tokens of all batches, in nats. */
function lossOf(model: CausalLm, batches: readonly Batch[]): number {
  const nats = batches.map((batch) =>
    scope(() => noGrad(() => loss(model, batch, { training: false })).item() * batch.tokens),
  );
  return nats.reduce((a, b) => a + b, 0) / tokensIn(batches);
}

const tokensIn = (batches: readonly Batch[]) => batches.reduce((sum, { tokens }) => sum + tokens, 0);
