import type { OpenModel } from "@trainer/training";
import { TrainOptions, ungrouped, weightChoices } from "@trainer/options";
import { z } from "zod";
import { formatChange, formatCount, formatNumber } from "../display/quantity.js";
import type { Output } from "../display/output.js";

/** Flags of every command that uses a model: its device, and the format of its weights. */
export const MODEL_FLAGS = {
  device: ungrouped(TrainOptions.shape).device,
  weights: z
    .enum(weightChoices)
    .default("fp32")
    .describe("how weights are held: bf16 and int8 write faster and take less memory"),
};

type Quantized = Pick<OpenModel, "weightType" | "quantizationLoss">;

/** Tells what weights in a smaller type cost; nothing of fp32. */
export function noteWeights({ weightType, quantizationLoss }: Quantized, out: Output): void {
  if (weightType === "fp32") return;
  if (quantizationLoss === null) {
    out.note(
      `${weightType} weights; there is no held-out text at hand to tell what they cost in loss: eval --path does.`,
    );
    return;
  }
  const { fp32, quantized, split, tokens } = quantizationLoss;
  const change = `${formatNumber(fp32)} to ${formatNumber(quantized)}, ${formatChange(quantized / fp32 - 1)}`;
  out.note(`${weightType} weights; loss ${change}, on ${formatCount(tokens)} tokens of the ${split} split.`);
}

/** The same for scripts. */
export const weightsJson = ({ weightType, quantizationLoss }: Quantized): object =>
  weightType === "fp32" ? {} : { weights: weightType, quantization_loss: quantizationLoss };
