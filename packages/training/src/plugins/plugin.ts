import type { Family, FamilySpec } from "@trainer/models";
import type { Method, MethodName } from "@trainer/tokenizers/capabilities";
import type { TrainableBackend } from "@trainer/tokenizers";
import type { MakeOptimizer } from "@trainer/torch";
import type { OptimizerInfo } from "@trainer/torch/capabilities";
import { z } from "zod";

/** The version of what a plugin is; another one comes with a change that plugins have to follow. */
export const PLUGIN_API = 1;

/**
 * What a package adds: the default export of its module. All of it but `code` is known without native code, so that the API
 * can list it and check requests against it.
 */
export interface Plugin {
  /** Its package's. */
  readonly name: string;
  readonly version: string;
  readonly api: typeof PLUGIN_API;
  readonly families?: readonly FamilySpec<object>[];
  readonly optimizers?: Readonly<Record<string, Omit<OptimizerInfo, "loadCode">>>;
  readonly tokenizers?: Readonly<Record<MethodName, Omit<Method, "loadCode">>>;
  readonly stores?: readonly PluginStore[];
  /** Loaded when something of it is first used, by a process that trains or uses a model. */
  readonly code?: () => Promise<PluginCode>;
}

/** A store of the file service: a `StoreKind` of @trainer/data-bank, which is not known here. */
export interface PluginStore {
  readonly name: string;
  readonly open: object;
  readonly inspect?: object;
}

/** Implementation of all that is named above, but for stores; a module with these exports fits. */
export interface PluginCode {
  readonly families?: readonly Family<object>[];
  readonly optimizers?: Readonly<Record<string, MakeOptimizer>>;
  readonly tokenizers?: Readonly<Record<MethodName, TrainableBackend>>;
}

const name = z.string().regex(/^[a-z][a-z0-9_-]*$/, "must be lower-case letters, digits, - and _");
const method = z.custom((value) => typeof value === "function", "must be a function");
const schema = z.looseObject({ safeParse: method }, "must be a Zod schema");

const FamilyShape = z.looseObject({
  name,
  title: z.string(),
  modelTypes: z.array(z.string()).min(1),
  precisions: z.array(z.enum(["fp32", "fp16", "bf16", "tf32"])),
  sizes: z.record(z.string(), z.looseObject({})),
  dimensions: z.looseObject({ safeParse: method, shape: z.looseObject({}) }, "must be a Zod object"),
  dropouts: z.array(z.string()),
  contextName: z.string(),
  file: schema,
  toFile: method,
  outline: method,
});

const PluginShape = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  api: z.literal(PLUGIN_API, `must be ${PLUGIN_API}, which is what this trainer takes`),
  families: z.array(FamilyShape).optional(),
  optimizers: z
    .record(
      name,
      z.strictObject({
        title: z.string(),
        moments: z.int().min(0),
        matrixMoments: z.int().min(0).optional(),
        averages: z.boolean().optional(),
        recordable: z.boolean().optional(),
      }),
    )
    .optional(),
  tokenizers: z
    .record(
      name,
      z.strictObject({
        title: z.string(),
        leastVocabSize: z.int().min(1).nullable(),
        options: z.array(z.enum(["vocabSize", "minFrequency", "specials", "normalization", "sentencepiece"])),
      }),
    )
    .optional(),
  stores: z.array(z.looseObject({ name, open: method, inspect: method.optional() })).optional(),
  code: method.optional(),
});

const CodeShape = z.looseObject({
  families: z.array(FamilyShape.extend({ network: method, parameterName: method, tied: method })).optional(),
  optimizers: z.record(z.string(), method).optional(),
  tokenizers: z.record(z.string(), z.looseObject({ recognizes: method, load: method, train: method })).optional(),
});

/** Throws a ZodError that names what is no part of a plugin, or lacks. */
export function assertPlugin(value: unknown): asserts value is Plugin {
  PluginShape.parse(value);
}

/** The same of its code. */
export function assertPluginCode(value: unknown): asserts value is PluginCode {
  CodeShape.parse(value);
}
