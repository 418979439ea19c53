import { z } from "zod";
import { TokenizerAccepted, TokenizerInfo, TokenizerList, tokenizerTrainRequest } from "@trainer/platform";
import { knownNames } from "../services/capabilities.js";
import type { Tokenizers } from "../services/tokenizers.js";
import { BODY, MISSING, QUERY } from "./answers.js";
import { intParam } from "./query.js";
import type { ZodApp } from "./zod-app.js";

const ListQuery = z.object({ limit: intParam({ min: 1, max: 500, default: 100 }).describe("How many at most.") });
const Params = z.object({ tokenizer_id: z.string() });

export function tokenizerRoutes(app: ZodApp, { tokenizers }: { readonly tokenizers: Tokenizers }): void {
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
}
