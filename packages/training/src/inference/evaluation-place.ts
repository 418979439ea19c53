import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import type { RunManifest } from "../home/manifest.js";
import { EvaluateOptions } from "@trainer/options";

const usual = EvaluateOptions.parse({});

/** The split that a run is evaluated on at its end; null where it held nothing out. */
export function usualSplit(splits: RunManifest["splits"]): "validation" | "test" | null {
  if (splits === null) return null;
  return (["validation", "test"] as const).find((name) => splits[name].tokens > 0) ?? null;
}

/**
 * The folder of an evaluation in a run's own: `eval` of what training itself evaluates, a folder in it for each other
 * split, text or way of measuring, so that none takes another's place.
 */
export function evaluationPlace(dir: string, splits: RunManifest["splits"], options: EvaluateOptions): string {
  const { split, path, document, format, stride, evalTokens, prompts, seed, bos, specialTokens } = options;
  const own = prompts.length > 0 && (seed !== usual.seed || prompts.join("\n") !== usual.prompts.join("\n"));
  const parts = [
    ...(path === null ? (split === usualSplit(splits) ? [] : [split]) : [textName(resolve(path), document, format)]),
    ...(stride === null ? [] : [`stride-${stride}`]),
    ...(evalTokens === null ? [] : [`tokens-${evalTokens}`]),
    ...(path !== null && specialTokens ? ["special-tokens"] : []),
    ...(bos === usual.bos ? [] : [`bos-${bos}`]),
    ...(own ? [`samples-${hash([seed, prompts])}`] : []),
  ];
  return parts.length === 0 ? join(dir, "eval") : join(dir, "eval", parts.join("-"));
}

/** Name of a text's folder: by its file name and, since others have the same, its path. */
const textName = (path: string, ...read: readonly unknown[]) =>
  `text-${basename(path).replaceAll(/[^\w.-]+/g, "_")}-${hash([path, ...read.filter((way, i) => i === 0 || way !== null)])}`;

const hash = (of: unknown) => createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 8);
