import { aten, isGreedy, softmax, type Tensor } from "@trainer/torch";

/** Sampling of the next token from the logits: temperature, then top-k, top-p and min-p. */
export interface Sampling {
  /** 0: always the likeliest token. */
  readonly temperature: number;
  /** Keeps the k likeliest tokens; 0: all. */
  readonly topK: number;
  /**
   * Keeps the likeliest tokens, until their probabilities together exceed p (Holtzman et al. 2020); 0: the likeliest
   * alone, 1: all.
   */
  readonly topP: number;
  /** Keeps tokens at least this many times as likely as the likeliest (Nguyen et al. 2024); 0: all. */
  readonly minP: number;
}

/** Source of uniform numbers in [0, 1). */
export interface Uniform {
  next(): number;
}

/**
 * Number of tokens below which a call of the library costs more than its work: the logits are read once and sorted
 * here.
 */
const FEW = 1024;

/**
 * Draws one id from logits (V). With many, what grows with V is done by the library, in a third of the time that its own
 * multinomial takes; the few numbers that top-k or top-p leave are drawn from here.
 */
export function sample(logits: Tensor, sampling: Sampling, random: Uniform): number {
  const { temperature, topK, topP, minP } = sampling;
  if (isGreedy(sampling)) return logits.argmax().item();
  if (logits.numel <= FEW) return sampleFew(weightsOf(logits.data(), temperature), sampling, random);
  const probabilities = softmax(logits.sub(logits.max(-1, true)).div(temperature), -1); // a small temperature must not overflow
  const mass = topP < 1 ? topP : Infinity;
  if (topK === 0 && mass === Infinity && minP === 0) return drawFromAll(probabilities, random);
  const top = topK > 0 ? likeliest(probabilities, topK) : beginning(probabilities, mass, minP);
  const nucleus = withinMass(top.weights, topK > 0 ? mass * sum(top.weights) : mass);
  return top.id(draw(atLeast(nucleus, minP), random));
}

/** The probabilities of logits, but for a factor. */
function weightsOf(logits: ReturnType<Tensor["data"]>, temperature: number): Float64Array {
  const { length } = logits;
  let most = -Infinity;
  for (let i = 0; i < length; i += 1) most = Math.max(most, Number(logits[i]));
  const weights = new Float64Array(length);
  for (let i = 0; i < length; i += 1) weights[i] = Math.exp((Number(logits[i]) - most) / temperature);
  return weights;
}

function sampleFew(weights: Float64Array, { topK, topP, minP }: Sampling, random: Uniform): number {
  const nucleus = topP < 1;
  if (topK === 0 && !nucleus && minP === 0) return draw(weights, random);
  const sorted = weights.toSorted().reverse();
  const top = topK > 0 ? sorted.subarray(0, topK) : sorted;
  const place = draw(atLeast(nucleus ? withinMass(top, topP * sum(top)) : top, minP), random);
  const weight = sorted.subarray(place, place + 1).reduce((_, w) => w, 0);
  let id = weights.indexOf(weight);
  for (let equal = sorted.indexOf(weight); equal < place; equal += 1) id = weights.indexOf(weight, id + 1);
  return Math.max(0, id);
}

/** Tokens in falling order of weight, which need not sum to 1, and the id at each place. */
interface Ranked {
  readonly weights: Float64Array;
  id(place: number): number;
}

/** The k likeliest, or all. */
function likeliest(probabilities: Tensor, k: number): Ranked {
  const [values, indices] = probabilities.topk(Math.min(k, probabilities.numel));
  const ids = indices.data();
  return { weights: Float64Array.from(values.data(), Number), id: (place) => Number(ids[place]) };
}

/** The likeliest, as many as matter. These are few as a rule: all are hardly ever sorted. */
function beginning(probabilities: Tensor, mass: number, minP: number): Ranked {
  for (let k = 512; ; k *= 8) {
    const top = likeliest(probabilities, k);
    const { weights } = top;
    const complete = k >= probabilities.numel || sum(weights) > mass || atLeast(weights, minP).length < weights.length;
    if (complete) return top;
  }
}

/** The weights, in falling order, of at least `share` of the first. */
export function atLeast(weights: Float64Array, share: number): Float64Array {
  const floor = share * (weights[0] ?? 0);
  const end = weights.findIndex((weight) => weight < floor);
  return end < 0 ? weights : weights.subarray(0, end);
}

/** The first weights, in falling order, until their sum exceeds `mass`. */
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
  let mass = 0;
  return Math.max(
    0,
    weights.findIndex((weight) => (mass += weight) > target),
  );
}

/** An id with its probability: the first at which the sum of probabilities so far exceeds the random number. */
function drawFromAll(probabilities: Tensor, random: Uniform): number {
  const upTo = aten.cumsum(probabilities, 0, "float64"); // (V)
  const total = upTo.narrow(0, upTo.numel - 1, 1).item();
  return upTo
    .le(random.next() * total)
    .sum()
    .item();
}
