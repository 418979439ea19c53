import { z } from "zod";
import { preset } from "./presets.js";
import { GenerateOptions, sampling } from "./generate-options.js";

const { seed, bos, specialTokens } = GenerateOptions.shape;

/** Options of an answer; defaults are those of a chat request. */
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
