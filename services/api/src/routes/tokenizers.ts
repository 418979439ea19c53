import { z } from "zod";
import {
  EncodeRequest,
  EncodeResponse,
  TokenizerAccepted,
  TokenizerInfo,
  TokenizerList,
  tokenizerTrainRequest,
  Vocabulary,
} from "@trainer/platform";
import { knownNames } from "../services/capabilities.js";
import type { Encodings } from "../services/encodings.js";
import type { Tokenizers } from "../services/tokenizers.js";
import type { Vocabularies } from "../services/vocabularies.js";
import { answered, type AnsweredDeps } from "./answered.js";
import { BODY, MISSING, orEvents, QUERY } from "./answers.js";
import { intParam } from "./query.js";
import type { ZodApp } from "./zod-app.js";

const ListQuery = z.object({ limit: intParam({ min: 1, max: 500, default: 100 }).describe("How many at most.") });
const VocabularyQuery = z.object({
  q: z.string().max(200).default("").describe("What is searched for in texts and ids, in capitals or not."),
  offset: intParam({ min: 0, max: 1e9, default: 0 }).describe("How many of the found ones are passed over."),
  limit: intParam({ min: 0, max: 1000, default: 100 }).describe("How many at most."),
});
const Params = z.object({ tokenizer_id: z.string() });
const RequestParams = Params.extend({ request_id: z.string() });

export interface TokenizersDeps extends AnsweredDeps {
  readonly tokenizers: Tokenizers;
  readonly encodings: Encodings;
  readonly vocabularies: Vocabularies;
}

export function tokenizerRoutes(app: ZodApp, deps: TokenizersDeps): void {
  const { tokenizers, encodings, vocabularies } = deps;
  const tags = ["Tokenizers"];

  app.post(
    "/tokenizers/train",
    {
      schema: {
        tags,
        summary: "Queue the training of a tokenizer",
        body: tokenizerTrainRequest(knownNames()),
        response: { 200: TokenizerAccepted, ...MISSING, ...BODY },
      },
    },
    (req) => tokenizers.train(req.body),
  );

  app.get(
    "/tokenizers",
    {
      schema: {
        tags,
        summary: "Tokenizers, the newest first",
        querystring: ListQuery,
        response: { 200: TokenizerList, ...QUERY },
      },
    },
    (req) => tokenizers.list(req.query.limit),
  );

  app.get(
    "/tokenizers/:tokenizer_id",
    {
      schema: {
        tags,
        summary: "A tokenizer's status, and what was measured of it",
        description: 'One that nobody knows has the status "unknown".',
        params: Params,
        response: { 200: TokenizerInfo },
      },
    },
    (req) => tokenizers.info(req.params.tokenizer_id),
  );

  app.get(
    "/tokenizers/:tokenizer_id/vocabulary",
    {
      schema: {
        tags,
        summary: "All tokens of a tokenizer: figures, the longest, and a page of them",
        description: "A tokenizer of a plugin may have a file of its own kind, which is refused.",
        params: Params,
        querystring: VocabularyQuery,
        response: { 200: Vocabulary, ...MISSING, ...QUERY },
      },
    },
    (req) => vocabularies.page(req.params.tokenizer_id, req.query),
  );

  app.post(
    "/tokenizers/:tokenizer_id/encode",
    {
      schema: {
        tags,
        summary: "Have a text cut into tokens",
        description:
          "Answers at once with an id to ask for the tokens with. With `Accept: text/event-stream` it answers with " +
          "events: `accepted`, `result`, and at last `done` or `failed`.",
        params: Params,
        body: EncodeRequest,
        response: { 200: orEvents(EncodeResponse, "Queued"), ...MISSING, ...BODY },
      },
    },
    (req, reply) =>
      answered(req, reply, deps, (isFollowed) => encodings.request(req.params.tokenizer_id, req.body, isFollowed)),
  );

  app.get(
    "/tokenizers/:tokenizer_id/encode/:request_id",
    {
      schema: {
        tags,
        summary: "The tokens of a text, once they are there",
        params: RequestParams,
        response: { 200: EncodeResponse, ...MISSING },
      },
    },
    (req) => encodings.result(req.params.tokenizer_id, req.params.request_id),
  );
}
