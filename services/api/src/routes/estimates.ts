import { z } from "zod";
import { EstimateResponse, trainRequest } from "@trainer/platform";
import { knownNames } from "../services/capabilities.js";
import type { Estimates } from "../services/estimates.js";
import { answered, type AnsweredDeps } from "./answered.js";
import { BODY, MISSING, orEvents } from "./answers.js";
import type { ZodApp } from "./zod-app.js";

export interface EstimatesDeps extends AnsweredDeps {
  readonly estimates: Estimates;
}

export function estimateRoutes(app: ZodApp, deps: EstimatesDeps): void {
  const { estimates } = deps;
  const tags = ["Runs"];

  app.post(
    "/runs/estimate",
    {
      schema: {
        tags,
        summary: "Have a training's size, memory and time told before it is begun",
        description:
          "Takes and refuses what `POST /runs/train` does, and begins nothing. Answers at once with an id to ask for the " +
          "estimate with; a worker takes a few seconds for it. With `Accept: text/event-stream` it answers with events: " +
          "`accepted`, `result`, and at last `done` or `failed`; where that stream is closed, no more is measured.",
        body: trainRequest(knownNames()),
        response: { 200: orEvents(EstimateResponse, "Queued"), ...MISSING, ...BODY },
      },
    },
    (req, reply) => answered(req, reply, deps, (isFollowed) => estimates.request(req.body, isFollowed)),
  );

  app.get(
    "/estimates/:request_id",
    {
      schema: {
        tags,
        summary: "What a training would be, once it is known",
        params: z.object({ request_id: z.string() }),
        response: { 200: EstimateResponse, ...MISSING },
      },
    },
    (req) => estimates.result(req.params.request_id),
  );
}
