import { z } from "zod";
import { count, only, positive } from "./config-schema.js";

/** Slower rotation than in training, so that the model reads longer texts. */
const Scaling = z.discriminatedUnion("rope_type", [
  z.object({ rope_type: z.literal("default") }),
  z.object({ rope_type: z.literal("linear"), factor: positive }),
  z.object({ rope_type: z.literal("dynamic"), factor: positive }),
  z.object({
    rope_type: z.literal("llama3"),
    factor: positive,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: count.optional(),
  }),
  z.object({
    rope_type: z.literal("yarn"),
    factor: positive,
    original_max_position_embeddings: count.optional(),
    attention_factor: positive.nullable().default(null),
    beta_fast: positive.nullable().default(32),
    beta_slow: positive.nullable().default(1),
    mscale: z.number().nullable().default(null),
    mscale_all_dim: z.number().nullable().default(null),
    truncate: z.boolean().default(true),
  }),
]);

/**
 * LongRoPE (Ding et al. 2024), of Phi-3 alone: a factor for each pair by which it is slowed. Within
 * `original_max_position_embeddings` tokens it is the short one, and no more are read here.
 */
export interface LongRope {
  readonly rope_type: "longrope";
  readonly short_factor: readonly number[];
  readonly long_factor: readonly number[];
  readonly original_max_position_embeddings: number;
}

/** Frequencies of rotary positions, by the file's own names. */
export type RopeScaling = z.output<typeof Scaling> | LongRope;

export interface Rope {
  readonly theta: number;
  readonly scaling: RopeScaling;
  /** Numbers of a head that are turned; left out: all. Half of them are at the beginning of each half of a head. */
  readonly turned?: number;
}

const Parameters = z.preprocess(
  (value) => {
    if (typeof value !== "object" || value === null) return value;
    const {
      rope_theta: theta,
      partial_rotary_factor: part,
      type,
      ...rest
    } = Object.fromEntries<unknown>(Object.entries(value));
    return { theta, part, scaling: { rope_type: type ?? "default", ...rest } }; // `type` was its name before 2024
  },
  z.object({ theta: positive.nullish(), part: only(1), scaling: Scaling }),
);

/** transformers 5 has all in rope_parameters; before there were rope_theta and rope_scaling, which still win. */
export const ropeFields = {
  ropeTheta: positive.nullish(),
  ropeScaling: Parameters.nullish(),
  ropeParameters: Parameters.nullish(),
};

export function toRope({ ropeTheta, ropeScaling, ropeParameters }: z.output<z.ZodObject<typeof ropeFields>>): Rope {
  const found = ropeScaling ?? ropeParameters;
  return { theta: found?.theta ?? ropeTheta ?? 10_000, scaling: found?.scaling ?? { rope_type: "default" } };
}

/** The fields by the names of transformers 5 and, beside them, those of 4. */
export const ropeToFile = ({ theta, scaling }: Rope) => ({
  rope_theta: theta,
  rope_parameters: { rope_theta: theta, ...scaling },
  rope_scaling: scaling.rope_type === "default" ? null : scaling,
});

/** The most positions that make sense: more than it was trained on only where the rotations follow the text's length. */
export function reach({ scaling }: Rope, maxPositions: number): number {
  if (scaling.rope_type === "dynamic") return Math.floor(scaling.factor * maxPositions);
  if (scaling.rope_type === "longrope") return Math.min(scaling.original_max_position_embeddings, maxPositions);
  return maxPositions;
}
