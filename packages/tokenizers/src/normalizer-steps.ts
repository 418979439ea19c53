import { z } from "zod";
import type { NormalizerStep } from "./addon.js";
import { corrupt, readStep, stepsOf, unsupported } from "./pipeline-json.js";
import type { Step } from "./tokenizer-json.js";

const Prepend = z.looseObject({ prepend: z.string() });
const Strip = z.looseObject({ strip_left: z.boolean(), strip_right: z.boolean() });
const Precompiled = z.looseObject({ precompiled_charsmap: z.base64() });
export const Replace = z.looseObject({
  pattern: z.union([z.strictObject({ String: z.string().min(1) }), z.strictObject({ Regex: z.string() })]),
  content: z.string(),
});

/** The steps of a tokenizer.json's normalizer. Throws TOKENIZER_LOAD_FAILED, naming one that there is not here. */
export const normalizerSteps = (normalizer: Step | null | undefined): NormalizerStep[] =>
  stepsOf(normalizer, "normalizer", "normalizers").map((step) => {
    switch (step.type) {
      case "NFC":
      case "NFD":
      case "NFKC":
      case "NFKD":
      case "Lowercase":
      case "StripAccents":
        return { type: step.type };
      case "Prepend":
        return { type: "Prepend", content: readStep(Prepend, step).prepend };
      case "Strip": {
        const { strip_left: left, strip_right: right } = readStep(Strip, step);
        return { type: "Strip", left, right };
      }
      case "Precompiled":
        return { type: "CharsMap", charsMap: charsMapOf(readStep(Precompiled, step).precompiled_charsmap) };
      case "Replace":
        return replacement(step);
      default:
        throw unsupported(`the normalizer "${step.type}"`, "it is none of those that models with SentencePiece use");
    }
  });

function replacement(step: Step): NormalizerStep {
  const { pattern, content } = readStep(Replace, step);
  if ("String" in pattern) return { type: "Replace", pattern: pattern.String, content };
  if (pattern.Regex === " {2,}") return { type: "Spaces", content };
  throw unsupported(`the regular expression ${JSON.stringify(pattern.Regex)}`, 'Replace can have a string, or " {2,}"');
}

/** The size of the table, then the table, then the replacements: so much is looked at before C++ gets it. */
function charsMapOf(base64: string): Uint8Array {
  const bytes = Buffer.from(base64, "base64");
  const size = bytes.length < 4 ? 0 : bytes.readUInt32LE(0);
  if (size === 0 || size % 4 !== 0 || size > bytes.length - 4) throw corrupt("Precompiled: the table is cut off");
  return bytes;
}
