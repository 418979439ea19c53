import type { Tied } from "./family.js";

/**
 * Parameter name of LLaMA and of models with its layout: the bare model lacks `model.`; older files hold the rotations.
 */
export function decoderName(stored: string): string | null {
  if (stored.endsWith(".rotary_emb.inv_freq")) return null;
  return stored.startsWith("model.") || stored === "lm_head.weight" ? stored : `model.${stored}`;
}

export const tiedHead: Tied = { embedding: "model.embed_tokens.weight", head: "lm_head.weight" };
