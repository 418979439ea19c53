import { z } from "zod";
import {
  AppError,
  EvaluateRequest,
  EvaluateResponse,
  GenerateRequest,
  GenerateResponse,
  ScoreRequest,
  ScoreResponse,
} from "@trainer/platform";
import type { Evaluations } from "../services/evaluations.js";
import type { ModelRequests } from "../services/model-requests.js";
import { BODY, MISSING, orEvents } from "./answers.js";
import { answered, type AnsweredDeps } from "./answered.js";
import { RunParams } from "./runs.js";
import type { ZodApp } from "./zod-app.js";

export interface UseDeps extends AnsweredDeps {
  readonly evaluations: Evaluations;
  readonly questions: ModelRequests;
}

const RequestParams = RunParams.extend({ request_id: z.string() });

/** Requests to a run's model. */
export function useRoutes(app: ZodApp, deps: UseDeps): void {
  const { evaluations, questions } = deps;
  const tags = ["Use"];
  const description =
    "Answers at once with an id to ask for the result with. With `Accept: text/event-stream` it answers with events: " +
    "`accepted`, the answer's pieces as they come (`text`, `progress`), `result`, and at last `done` or `failed`. " +
    "The id of an exported model (`GET /exports`) takes a run's place.";

  app.post(
    "/runs/:run_id/evaluate",
    {
      schema: {
        tags,
        summary: "Have a run evaluated",
        params: RunParams,
        body: EvaluateRequest,
        response: { 200: EvaluateResponse, ...MISSING, ...BODY },
      },
      // All that it takes can be left out, and so can the body.
      preValidation: async (req) => void (req.body ??= EvaluateRequest.parse({})),
      errorHandler: unprocessable,
    },
    (req) => evaluations.request(req.params.run_id, req.body),
  );

  app.get(
    "/runs/:run_id/eval",
    {
      schema: {
        tags,
        summary: "A run's latest evaluation",
        params: RunParams,
        response: { 200: EvaluateResponse, ...MISSING },
      },
    },
    (req) => evaluations.latest(req.params.run_id),
  );

  app.post(
    "/runs/:run_id/score",
    {
      schema: {
        tags,
        summary: "Have a text scored",
        description,
        params: RunParams,
        body: ScoreRequest,
        response: { 200: orEvents(ScoreResponse, "Queued"), ...MISSING, ...BODY },
      },
    },
    (req, reply) => answered(req, reply, deps, (follow) => questions.score(req.params.run_id, req.body, follow)),
  );

  app.get(
    "/runs/:run_id/score/:request_id",
    {
      schema: {
        tags,
        summary: "What a scoring has come to",
        params: RequestParams,
        response: { 200: ScoreResponse, ...MISSING },
      },
    },
    (req) => questions.scored(req.params.run_id, req.params.request_id),
  );

  app.post(
    "/runs/:run_id/generate",
    {
      schema: {
        tags,
        summary: "Have text written",
        description,
        params: RunParams,
        body: GenerateRequest,
        response: { 200: orEvents(GenerateResponse, "Queued"), ...MISSING, ...BODY },
      },
    },
    (req, reply) => answered(req, reply, deps, (follow) => questions.generate(req.params.run_id, req.body, follow)),
  );

  app.get(
    "/runs/:run_id/generate/:request_id",
    {
      schema: {
        tags,
        summary: "What a generation has come to",
        params: RequestParams,
        response: { 200: GenerateResponse, ...MISSING },
      },
    },
    (req) => questions.generated(req.params.run_id, req.params.request_id),
  );
}

/** Clients know any body that this route cannot take by 422, also one that is no JSON. */
function unprocessable(error: unknown): never {
  if (!(error instanceof AppError) || error.status !== 400) throw error;
  throw new AppError("INVALID_INPUT", error.message, { status: 422, cause: error });
}
