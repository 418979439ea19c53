import { at } from "@trainer/disk";
import {
  arange,
  cat,
  keep,
  noGrad,
  ones,
  tensor,
  zeros,
  type Device,
  type Rotation,
  type Tensor,
} from "@trainer/torch";
import type { Rope, RopeScaling } from "./rope-config.js";

interface Where {
  readonly device: Device;
}

/**
 * Rotary positions (Su et al. 2021), the first half of a head's numbers paired with the second as Hugging Face stores
 * them. Gives the rotation of the positions from `start` on. Those of `lasting` calls, as training makes them with the same
 * lengths again and again, are made once: a step then needs nothing of the host.
 */
export function rotary(rope: Rope, headSize: number, maxPositions: number) {
  const turned = rope.turned ?? headSize;
  const left = (headSize - turned) / 2; // pairs that are not turned
  const ofLength = (length: number) => frequencies(rope, turned, maxPositions, length);
  const fixed = ofLength(maxPositions);
  const make = (start: number, length: number, { device }: Where): Rotation => {
    const floats = { dtype: "float32", device } as const;
    const end = start + length;
    const { speeds, scale } = end > maxPositions ? ofLength(end) : fixed;
    const positions = arange(start, end, floats);
    const angles = positions.unsqueeze(1).mul(tensor(speeds, [turned / 2], floats)); // (T, turned / 2)
    const whole = (part: Tensor, rest: typeof ones): Tensor => {
      const half = left === 0 ? part : cat([part, rest([length, left], floats)], -1);
      return cat([half, half], -1); // (T, hs)
    };
    return { cos: whole(angles.cos().mul(scale), ones), sin: whole(angles.sin().mul(scale), zeros) };
  };
  const made = new Map<string, Rotation>();
  return (start: number, length: number, where: Where, { lasting = false } = {}): Rotation => {
    if (!lasting) return make(start, length, where);
    const key = `${start} ${length}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const rotation = noGrad(() => make(start, length, where));
    keep(rotation.cos);
    keep(rotation.sin);
    made.set(key, rotation);
    return rotation;
  };
}

/** The rotation of each of the first `positions` as the token there is turned when it is read alone: (positions, hs). */
export function tableOf(
  rotation: ReturnType<typeof rotary>,
  positions: number,
  maxPositions: number,
  where: Where,
): Rotation {
  const late = Array.from({ length: Math.max(0, positions - maxPositions) }, (_, i) => maxPositions + i);
  const parts = [
    rotation(0, Math.min(positions, maxPositions), where),
    ...late.map((start) => rotation(start, 1, where)), // frequencies may depend on the length of the text
  ];
  const all = (of: (part: Rotation) => Tensor) => cat(parts.map(of), 0);
  return { cos: all(({ cos }) => cos), sin: all(({ sin }) => sin) };
}

export interface Frequencies {
  /** Radians a position, for each pair. */
  readonly speeds: Float32Array;
  /** Factor of cosines and sines. */
  readonly scale: number;
}

/** The speeds of a text of `length` tokens, by each kind of scaling as transformers computes it. */
export function frequencies({ theta, scaling }: Rope, dim: number, maxPositions: number, length: number): Frequencies {
  const speedsOf = (base: number) => Float32Array.from({ length: dim / 2 }, (_, i) => base ** (-(2 * i) / dim));
  const speeds = speedsOf(theta);
  switch (scaling.rope_type) {
    case "default":
      return { speeds, scale: 1 };
    case "linear":
      return { speeds: speeds.map((speed) => speed / scaling.factor), scale: 1 };
    case "dynamic": {
      const stretched = (scaling.factor * Math.max(length, maxPositions)) / maxPositions - (scaling.factor - 1);
      return { speeds: speedsOf(theta * stretched ** (dim / (dim - 2))), scale: 1 };
    }
    case "llama3":
      return { speeds: speeds.map((speed) => llama3(speed, scaling, maxPositions)), scale: 1 };
    case "longrope":
      return longrope(speeds, scaling, maxPositions);
    case "yarn":
      return yarn(speeds, theta, dim, maxPositions, scaling);
  }
}

type Of<Kind extends RopeScaling["rope_type"]> = Extract<RopeScaling, { rope_type: Kind }>;

/** Llama 3.1: long waves are stretched by the factor, short ones left, those between blended. */
function llama3(speed: number, scaling: Of<"llama3">, maxPositions: number): number {
  const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
  const context = scaling.original_max_position_embeddings ?? maxPositions;
  const turns = (context * speed) / (2 * Math.PI); // in the original context
  if (turns > high) return speed;
  if (turns < low) return speed / factor;
  const smooth = (turns - low) / (high - low);
  return ((1 - smooth) * speed) / factor + smooth * speed;
}

/** LongRoPE within the original context, where attention is made sharper by how much longer the whole one is. */
function longrope(speeds: Float32Array, scaling: Of<"longrope">, maxPositions: number): Frequencies {
  const { short_factor: factors, original_max_position_embeddings: original } = scaling;
  const longer = maxPositions / original;
  return {
    speeds: speeds.map((speed, i) => speed / at(factors, i)),
    scale: longer <= 1 ? 1 : Math.sqrt(1 + Math.log(longer) / Math.log(original)),
  };
}

/** YaRN (Peng et al. 2023): the same by a ramp over the pairs, and attention made sharper. */
function yarn(speeds: Float32Array, theta: number, dim: number, maxPositions: number, s: Of<"yarn">): Frequencies {
  const context = s.original_max_position_embeddings ?? maxPositions;
  const pairTurning = (turns: number) => (dim * Math.log(context / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [floor, ceil] = s.truncate ? [Math.floor, Math.ceil] : [Number, Number];
  const from = Math.max(0, floor(pairTurning(s.beta_fast ?? 32)));
  const to = Math.min(dim - 1, ceil(pairTurning(s.beta_slow ?? 1)));
  const width = from === to ? 0.001 : to - from;
  const sharper = (weight: number) => (s.factor <= 1 ? 1 : 0.1 * weight * Math.log(s.factor) + 1);
  const inferred = s.mscale && s.mscale_all_dim ? sharper(s.mscale) / sharper(s.mscale_all_dim) : sharper(1);
  return {
    speeds: speeds.map((speed, i) => {
      const stretched = Math.min(1, Math.max(0, (i - from) / width));
      return (speed / s.factor) * stretched + speed * (1 - stretched);
    }),
    scale: s.attention_factor ?? inferred,
  };
}
