import { snake } from "@trainer/options";
import { z } from "zod";
import { newDraft, type Draft } from "./draft.js";
import { fields } from "./fields.js";
import { settingOf } from "./request.js";

const Scalar = z.union([z.string(), z.number(), z.boolean()]);
const Setting = z.union([Scalar, z.array(z.string())]);

/** What of a manifest a new run with the same settings needs. */
export const ClonedManifest = z.looseObject({
  batch_size: z.number().nullish().catch(null),
  tokenizer_id: z.string().nullish().catch(null),
  config: z.looseObject({
    corpus_paths: z.array(z.string()).nullish().catch(null),
    tokenizer: z.string().nullish().catch(null),
    model_config: z.record(z.string(), z.unknown()).nullish().catch(null),
  }),
});
export type ClonedManifest = z.output<typeof ClonedManifest>;

/** A draft with the settings of a run, from what its manifest says that it was asked. */
export function clonedDraft(runId: string, { config, batch_size: batchSize }: ClonedManifest): Draft {
  const { corpus_paths: paths, tokenizer, model_config: dimensions, ...others } = config;
  const values: Record<string, string> = {};
  for (const { name, schema, facts } of fields) {
    const value = name === "batch_size" && others[name] === "auto" ? batchSize : others[name];
    const given = Setting.safeParse(value);
    if (given.success && given.data !== facts.default && schema.safeParse(value).success)
      values[name] = String(given.data);
  }
  const path = corpusNameOf(paths ?? []);
  if (path !== null && values["corpus_file_id"] === undefined) values["corpus_path"] = path;
  if (typeof tokenizer === "string" && !tokenizer.includes("/")) values["tokenizer_id"] = tokenizer;
  if (values["tokenizer_id"] !== undefined) delete values["tokenizer_method"];
  const own = Object.entries(dimensions ?? {}).flatMap(([name, value]) => {
    const given = Scalar.safeParse(value);
    return given.success ? [[snake(name), String(given.data)] as const] : [];
  });
  return {
    ...newDraft("service"),
    values,
    dimensions: Object.fromEntries(own),
    from: runId,
  };
}

/** What a run has from the weights that it starts from. */
const OF_WEIGHTS = new Set(["tokenizer_id", "tokenizer_method", "vocab_size", "min_frequency", "max_seq_len"]);

/**
 * A draft that starts from a run's weights, with its settings, those of what is held out above all. The learning rate is
 * not held lower than the run had it.
 */
export function trainOnDraft(runId: string, manifest: ClonedManifest): Draft {
  const draft = clonedDraft(runId, manifest);
  const kept = Object.entries(draft.values).filter(([name]) => !OF_WEIGHTS.has(name));
  const values = Object.fromEntries(kept);
  const isFirst = (manifest.config["pretrained_run_id"] ?? null) === null;
  return {
    ...draft,
    values: {
      ...values,
      ...(isFirst ? { finetune_lr_cap: settingOf(values, "learning_rate") } : {}),
      pretrained_run_id: runId,
    },
  };
}

/** The name by which requests name a text that lies in the service's `corpus` folder. */
function corpusNameOf(paths: readonly string[]): string | null {
  const [path] = paths;
  if (path === undefined || paths.length > 1) return null;
  return /(?:^|\/)corpus\/(.+)$/s.exec(path)?.[1] ?? path;
}
