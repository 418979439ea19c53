import { z } from "zod";
import { preset } from "./presets.js";
import { GenerateOptions, sampling } from "./generate-options.js";

const { seed, bos, specialTokens } = GenerateOptions.shape;

/** How an answer is written; what is left out has the defaults of a chat request. */
export const ChatOptions = z.strictObject({
  ...sampling,
  maxNewTokens: preset(sampling.maxNewTokens, 128),
  temperature: preset(sampling.temperature, 0.8),
  topP: preset(sampling.topP, 0.95),
  seed,
  bos,
  specialTokens,
});
export type ChatOptions = z.infer<typeof ChatOptions>;

/** Options before defaults are filled in. */
export type ChatInput = z.input<typeof ChatOptions>;
