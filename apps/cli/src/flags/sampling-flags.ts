import type { GenerateOptions } from "@trainer/training/options";

type Fields = Pick<(typeof GenerateOptions)["shape"], "temperature" | "topK" | "topP" | "minP" | "repetitionPenalty">;

/** How every command that writes text is told how to draw tokens. */
export const samplingFlags = ({ temperature, topK, topP, minP, repetitionPenalty }: Fields): Fields => ({
  temperature: temperature.describe("below 1 surer, above 1 bolder; 0: always the likeliest token"),
  topK: topK.describe("draw from the k likeliest tokens; 0: from all"),
  topP: topP.describe(
    "draw from the likeliest that together exceed this probability; 0: the likeliest alone, 1: from all",
  ),
  minP: minP.describe("draw from tokens at least so likely in relation to the likeliest; 0: from all"),
  repetitionPenalty: repetitionPenalty.describe("above 1: tokens that were said before become less likely"),
});
