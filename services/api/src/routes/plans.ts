import { z } from "zod";
import { PlanResponse, planRequest } from "@trainer/platform";
import { knownNames } from "../services/capabilities.js";
import type { Plans } from "../services/plans.js";
import { answered, type AnsweredDeps } from "./answered.js";
import { BODY, MISSING, orEvents } from "./answers.js";
import type { ZodApp } from "./zod-app.js";

export interface PlansDeps extends AnsweredDeps {
  readonly plans: Plans;
}

export function planRoutes(app: ZodApp, deps: PlansDeps): void {
  const { plans } = deps;
  const tags = ["Runs"];

  app.post(
    "/plan",
    {
      schema: {
        tags,
        summary: "Have the training planned that gives the best model of a text in a time",
        description:
          "What is said stays as it is; the rest is planned, or as in `POST /runs/train`. Begins nothing. Answers at once " +
          "with an id to ask for the plan with; a worker measures steps of a few models for it, which takes some seconds " +
          "to some minutes. With `Accept: text/event-stream` it answers with events: `accepted`, `result`, and at last " +
          "`done` or `failed`; where that stream is closed, no more is measured.",
        body: planRequest(knownNames()),
        response: { 200: orEvents(PlanResponse, "Queued"), ...MISSING, ...BODY },
      },
    },
    (req, reply) => answered(req, reply, deps, (isFollowed) => plans.request(req.body, isFollowed)),
  );

  app.get(
    "/plans/:request_id",
    {
      schema: {
        tags,
        summary: "A plan, once it is made",
        params: z.object({ request_id: z.string() }),
        response: { 200: PlanResponse, ...MISSING },
      },
    },
    (req) => plans.result(req.params.request_id),
  );
}
