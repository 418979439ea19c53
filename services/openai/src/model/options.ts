import { most } from "@trainer/options";
import type { SamplingRequest } from "@trainer/platform";

/** Tokens to write of those that were asked for: no more than the context, or than other requests may. */
export const tokensOf = (asked: number, contextLength: number): number =>
  Math.min(asked, Math.max(most.newTokens, contextLength));

/** Options of a generation by a request's fields. */
export const samplingOf = (request: SamplingRequest) => ({
  temperature: request.temperature ?? 1,
  topP: request.top_p ?? 1,
  topK: Math.max(0, request.top_k ?? 0),
  minP: request.min_p ?? 0,
  repetitionPenalty: request.repetition_penalty ?? 1,
  numReturnSequences: request.n ?? 1,
  stopSequences: [request.stop ?? []].flat().filter((stop) => stop !== ""),
  seed: request.seed === null || request.seed === undefined ? null : BigInt.asUintN(64, BigInt(request.seed)),
});

/** How its tokens are steered, beside how many of the likeliest are told. Biases of ids that are none are left out. */
export const steeringOf = (request: SamplingRequest, logprobs: number | null, vocabSize: number) => ({
  presencePenalty: request.presence_penalty ?? 0,
  frequencyPenalty: request.frequency_penalty ?? 0,
  logitBias: new Map(
    Object.entries(request.logit_bias ?? {})
      .map(([id, bias]) => [Number(id), bias] as const)
      .filter(([id]) => id < vocabSize), // each is looked at for each token
  ),
  logprobs,
});
