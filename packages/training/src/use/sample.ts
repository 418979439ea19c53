import { softmax, type Tensor } from "@trainer/torch";

/** How the next token is drawn from the logits: temperature, then top-k, then top-p. */
export interface Sampling {
  /** 0: always the likeliest token. */
  readonly temperature: number;
  /** Only the k likeliest tokens; 0: all. */
  readonly topK: number;
  /** Only the likeliest tokens, until their probabilities together exceed p (Holtzman et al. 2020); 0 or 1: all. */
  readonly topP: number;
}

/** Where the uniform numbers in [0, 1) come from. */
export interface Uniform {
  next(): number;
}

/** Draws one id from logits (V). What grows with V is left to the library, what remains is a few numbers here. */
export function sample(logits: Tensor, sampling: Sampling, random: Uniform): number {
  if (sampling.temperature === 0) return Number(logits.argmax().item());
  const candidates = candidatesOf(softmax(logits.div(sampling.temperature), -1), sampling);
  return candidates.ids(draw(candidates.weights, random));
}

/** The tokens that may be drawn: their weights, which need not sum to 1, and the id at each place among them. */
interface Candidates {
  readonly weights: Float64Array;
  ids(place: number): number;
}

/** What top-k and top-p leave of probabilities (V). */
function candidatesOf(probabilities: Tensor, { topK, topP }: Sampling): Candidates {
  const vocab = probabilities.numel;
  const nucleus = topP > 0 && topP < 1;
  if (topK > 0) {
    const top = likeliest(probabilities, Math.min(topK, vocab));
    return nucleus ? { ...top, weights: withinMass(top.weights, topP * sum(top.weights)) } : top;
  }
  if (!nucleus) return { weights: Float64Array.from(probabilities.data(), Number), ids: (place) => place };
  // The nucleus is as a rule a small part of the vocabulary: look for it among the likeliest before sorting all.
  for (let count = 512; ; count *= 8) {
    const top = likeliest(probabilities, Math.min(count, vocab));
    if (count >= vocab || sum(top.weights) > topP) return { ...top, weights: withinMass(top.weights, topP) };
  }
}

/** The k likeliest, in falling order. */
function likeliest(probabilities: Tensor, k: number): Candidates {
  const [values, indices] = probabilities.topk(k);
  const ids = indices.data();
  return { weights: Float64Array.from(values.data(), Number), ids: (place) => Number(ids[place]) };
}

/** Of weights in falling order, those until their sum exceeds `mass`. */
export function withinMass(weights: Float64Array, mass: number): Float64Array {
  let total = 0;
  let count = 0;
  for (const weight of weights) {
    total += weight;
    count += 1;
    if (total > mass) break;
  }
  return weights.subarray(0, count);
}

const sum = (weights: Float64Array): number => weights.reduce((total, weight) => total + weight, 0);

/** A place with the probability of its weight among all. */
export function draw(weights: Float64Array, random: Uniform): number {
  const target = random.next() * sum(weights);
  let chosen = 0;
  let mass = 0;
  let place = 0;
  for (const weight of weights) {
    if (weight > 0) chosen = place;
    mass += weight;
    if (mass > target) break;
    place += 1;
  }
  return chosen;
}
