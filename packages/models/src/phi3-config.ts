import { z } from "zod";
import { count, divisible, only, positive, snakeKeys, specialFields, toSpecials, width } from "./config-schema.js";
import {
  decoderDimensions,
  DecoderFile,
  headIssues,
  outlineOf,
  sized,
  toDecoder,
  type DecoderConfig,
  type KnownDecoderConfig,
} from "./decoder-config.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf } from "./new-config.js";
import type { Rope } from "./rope-config.js";

/** LongRoPE's names in the first files. */
const EARLIER: ReadonlySet<unknown> = new Set(["su", "yarn"]);

const part = positive.max(1);
const factors = z.array(positive);
const common = { rope_theta: positive.nullish(), partial_rotary_factor: part.nullish() };
const Rotations = z.preprocess(
  (value) => {
    if (typeof value !== "object" || value === null) return value;
    const { type, rope_type: name = type ?? "default", ...rest } = Object.fromEntries<unknown>(Object.entries(value));
    return { rope_type: EARLIER.has(name) ? "longrope" : name, ...rest };
  },
  z.discriminatedUnion("rope_type", [
    z.object({ rope_type: z.literal("default"), ...common }),
    z.object({
      rope_type: z.literal("longrope"),
      short_factor: factors,
      long_factor: factors,
      factor: only(null),
      attention_factor: only(null),
      ...common,
    }),
  ]),
);

/** Absent fields have the defaults of transformers' Phi-3, whose heads share the width. */
const File = DecoderFile.omit({
  headDim: true,
  attentionBias: true,
  finalLogitSoftcapping: true,
  ropeScaling: true,
  ropeParameters: true,
}).extend({
  modelType: z.literal("phi3"),
  vocabSize: count.default(32064),
  hiddenSize: width.default(3072),
  intermediateSize: width.default(8192),
  maxPositionEmbeddings: count.default(4096),
  rmsNormEps: positive.default(1e-5),
  attentionBias: only(false),
  residPdrop: only(0),
  embdPdrop: only(0),
  /** The tokens that attention reaches back; null: all. */
  slidingWindow: count.nullable().default(null),
  originalMaxPositionEmbeddings: count.default(4096),
  /** Part of each head that positions turn. */
  partialRotaryFactor: part.nullish(),
  ropeScaling: Rotations.nullish(),
  ropeParameters: Rotations.nullish(),
  ...specialFields(1, 32000),
});
type File = z.output<typeof File>;

export type Phi3Config = DecoderConfig & { readonly partialRotaryFactor: number };

const headDimOf = (file: File) => file.hiddenSize / file.numAttentionHeads;
const rotationsOf = ({ ropeScaling, ropeParameters }: File) => ropeScaling ?? ropeParameters ?? null;
const partOf = (file: File) => rotationsOf(file)?.partial_rotary_factor ?? file.partialRotaryFactor ?? 1;
const turnedOf = (file: File) => Math.floor(headDimOf(file) * partOf(file));

function scalingOf(file: File): Rope["scaling"] {
  const rotations = rotationsOf(file);
  if (rotations?.rope_type !== "longrope") return { rope_type: "default" };
  const { rope_type, short_factor, long_factor } = rotations;
  const { originalMaxPositionEmbeddings: original } = file;
  return { rope_type, short_factor, long_factor, original_max_position_embeddings: original };
}

function toConfig(file: File): Phi3Config {
  const { slidingWindow, maxPositionEmbeddings } = file;
  const scaling = scalingOf(file);
  const whole = scaling.rope_type === "longrope" || slidingWindow === null; // LongRoPE goes by the whole context
  const decoder = toDecoder(
    {
      ...file,
      maxPositionEmbeddings: whole ? maxPositionEmbeddings : Math.min(maxPositionEmbeddings, slidingWindow),
      ropeScaling: null,
      ropeParameters: null,
      finalLogitSoftcapping: null,
    },
    headDimOf(file),
  );
  const theta = rotationsOf(file)?.rope_theta ?? decoder.rope.theta;
  const turned = partOf(file) === 1 ? {} : { turned: turnedOf(file) };
  return { ...decoder, rope: { theta, scaling, ...turned }, partialRotaryFactor: partOf(file) };
}

/** Contradictions in what of a head is turned, and how. */
function turnIssues(file: File) {
  const scaling = scalingOf(file);
  const pairs = turnedOf(file) / 2;
  const issue = (input: number, message: string) => ({ code: "custom" as const, input, message });
  const issues = divisible(["the turned part of a head,", 2 * pairs], [null, 2], "as pairs that positions turn");
  if (scaling.rope_type !== "longrope") return issues;
  const {
    short_factor: { length },
    original_max_position_embeddings: original,
  } = scaling;
  if (length !== pairs)
    issues.push(issue(length, `short_factor has ${length} numbers for ${pairs} pairs that positions turn`));
  if (file.slidingWindow !== null && file.slidingWindow < original)
    issues.push(
      issue(
        file.slidingWindow,
        `sliding_window ${file.slidingWindow} is less than original_max_position_embeddings ${original}`,
      ),
    );
  return issues;
}

const eps = { rmsNormEps: 1e-5 };

export const phi3Spec: FamilySpec<Phi3Config> = {
  name: "phi3",
  title: "Phi-3",
  modelTypes: ["phi3"],
  precisions,
  /** `tiny` and `small` are for own text; `mini` is Phi-3-mini. */
  sizes: {
    tiny: { ...sized(4, 256, 704, 4, 2), ...eps },
    small: { ...sized(12, 768, 2048, 12, 12), ...eps },
    mini: { ...sized(32, 3072, 8192, 32, 32), ...eps, tieWordEmbeddings: false },
  },
  dimensions: decoderDimensions.omit({ headDim: true, attentionBias: true, finalLogitSoftcapping: true }),
  dropouts: ["attentionDropout"],
  contextName: "maxPositionEmbeddings",
  file: File.superRefine((file, ctx) => {
    ctx.issues.push(
      ...headIssues(
        { ...file, finalLogitSoftcapping: null, ropeScaling: null, ropeParameters: null },
        headDimOf(file),
        true,
      ),
      ...turnIssues(file),
    );
  }).transform((file) => ({ config: toConfig(file), specials: toSpecials(file) })),
  toFile: ({ rope: { theta, scaling }, ...config }) => ({
    architectures: ["Phi3ForCausalLM"],
    model_type: "phi3",
    ...snakeKeys({ ...config, headDim: undefined }),
    ...ropeFile(theta, scaling, config.partialRotaryFactor),
    hidden_act: "silu",
  }),
  outline: outlineOf,
};

/** The rotations by the names of transformers 5 and, beside them, those of 4. */
function ropeFile(theta: number, scaling: Rope["scaling"], factor: number) {
  const parameters = { rope_theta: theta, partial_rotary_factor: factor, ...scaling };
  const shared = { rope_theta: theta, rope_parameters: parameters, rope_scaling: null };
  if (scaling.rope_type !== "longrope") return shared;
  const { rope_type: type, short_factor, long_factor, original_max_position_embeddings } = scaling;
  return { ...shared, rope_scaling: { type, short_factor, long_factor }, original_max_position_embeddings };
}

export type KnownPhi3Config = Omit<KnownDecoderConfig, "headDim" | "attentionBias" | "finalLogitSoftcapping">;

/** A config from what is known of it; the rest is as transformers has it. Refuses dimensions that no model can have. */
export const phi3Config = (known: KnownPhi3Config): Phi3Config => configOf(phi3Spec, known);
