import { z } from "zod";
import {
  ArtifactPointer,
  CancelAccepted,
  ManifestAnswer,
  ResumeRequest,
  RunList,
  RunRemoved,
  RunStatus,
  TrainAccepted,
  trainRequest,
} from "@trainer/platform";
import { knownNames } from "../services/capabilities.js";
import type { RunFiles } from "../services/run-files.js";
import type { Runs } from "../services/runs.js";
import type { Trainings } from "../services/trainings.js";
import { BODY, CONTRADICTED, MISSING, QUERY } from "./answers.js";
import { RunListQuery } from "./run-list-query.js";
import type { ZodApp } from "./zod-app.js";

export const RunParams = z.object({ run_id: z.string() });

const Idempotency = z.object({
  "idempotency-key": z
    .string()
    .min(1)
    .max(255)
    .optional()
    .describe("Made up by the client, a new one for each training that it wants."),
});

export function runRoutes(
  app: ZodApp,
  { runs, runFiles, trainings }: { readonly runs: Runs; readonly runFiles: RunFiles; readonly trainings: Trainings },
): void {
  const tags = ["Runs"];

  app.post(
    "/runs/train",
    {
      schema: {
        tags,
        summary: "Queue a training",
        description: "With an Idempotency-Key, the same request within a day gives the same run.",
        headers: Idempotency,
        body: trainRequest(knownNames()),
        response: { 200: TrainAccepted, ...MISSING, ...BODY, ...CONTRADICTED },
      },
    },
    (req) => trainings.enqueue(req.body, req.headers["idempotency-key"]),
  );

  app.get(
    "/runs",
    {
      schema: {
        tags,
        summary: "Runs, the newest first",
        description:
          "A page may be shorter than asked for; there are more as long as `next` is not null. With any of offset, sort, " +
          "order, q, family or tag the list is of all runs in the home, those trained without the service too; " +
          "`total` is then how many there are, and the page after is asked for by its offset.",
        querystring: RunListQuery,
        response: { 200: RunList, ...QUERY },
      },
    },
    ({ query }) => runs.list(query),
  );

  app.get(
    "/runs/:run_id",
    { schema: { tags, summary: "A run's status", params: RunParams, response: { 200: RunStatus, ...MISSING } } },
    (req) => runs.status(req.params.run_id),
  );

  app.post(
    "/runs/:run_id/cancel",
    {
      schema: {
        tags,
        summary: "Stop a run after the step it is at",
        params: RunParams,
        response: { 200: CancelAccepted, ...UNREAD },
      },
    },
    (req) => runs.cancel(req.params.run_id),
  );

  app.post(
    "/runs/:run_id/resume",
    {
      schema: {
        tags,
        summary: "Go on with a run that has failed or was stopped, or train one on",
        description:
          "From its newest checkpoint, or from its beginning where it has none. With a new end any run that has ended " +
          "trains on to it, a completed one too: patience begins anew, and the learning rate is from then on what it " +
          "would be in a run with that end. One that cannot have it stays as it is.",
        params: RunParams,
        body: ResumeRequest,
        response: { 200: TrainAccepted, ...MISSING, ...BODY, ...CONTRADICTED },
      },
      // All that it takes can be left out, and so can the body.
      preValidation: async (req) => void (req.body ??= ResumeRequest.parse({})),
    },
    (req) => runs.resume(req.params.run_id, req.body),
  );

  app.delete(
    "/runs/:run_id",
    {
      schema: {
        tags,
        summary: "Remove a run that has ended, with its files",
        description: "Its archive in the file service stays.",
        params: RunParams,
        response: { 200: RunRemoved, ...MISSING, ...CONTRADICTED, ...UNREAD },
      },
    },
    (req) => runs.remove(req.params.run_id),
  );

  app.get(
    "/runs/:run_id/manifest",
    {
      schema: {
        tags,
        summary: "What a run was asked, and what came of it",
        params: RunParams,
        response: { 200: ManifestAnswer, ...MISSING },
      },
    },
    (req) => runFiles.manifest(req.params.run_id),
  );

  app.get(
    "/runs/:run_id/artifact",
    {
      schema: {
        tags,
        summary: "Where a run's archive is",
        params: RunParams,
        response: { 200: ArtifactPointer, ...MISSING },
      },
    },
    (req) => runs.artifact(req.params.run_id),
  );
}

/** For a route that needs no body, but may be sent one. */
const UNREAD = { 413: BODY[413] };
