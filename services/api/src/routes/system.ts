import { CleanupReport, CleanupRequest, SystemInfo } from "@trainer/platform";
import type { CleanupRecord } from "@trainer/training/files";
import type { FastifyBaseLogger } from "fastify";
import type { Cleanup } from "../services/cleanup.js";
import type { System } from "../services/system.js";
import { BODY } from "./answers.js";
import type { ZodApp } from "./zod-app.js";

export interface SystemRoutesDeps {
  readonly system: System;
  readonly cleanup: Cleanup;
}

/** The machine, and what works on it. */
export function systemRoutes(app: ZodApp, { system, cleanup }: SystemRoutesDeps): void {
  const tags = ["Service"];

  app.get(
    "/system",
    {
      schema: {
        tags,
        summary: "The machine, queues, workers, versions and settings",
        description: "While Redis is away, `queues`, `workers` and `jobs` are null. No secret is among the settings.",
        response: { 200: SystemInfo },
      },
    },
    () => system.info(),
  );

  app.post(
    "/system/cleanup",
    {
      schema: {
        tags,
        summary: "Remove what nobody needs any more, or say what would go",
        description:
          "Token bins that can be made again, corpora that can be fetched again, tokenizers that no run names. What a " +
          "run, a process or a queued job needs stays. Unless `dry_run` is false, nothing is removed.",
        body: CleanupRequest,
        response: { 200: CleanupReport, ...BODY },
      },
    },
    (req) => cleanup.clean(req.body, logTo(req.log)),
  );
}

const logTo =
  (log: FastifyBaseLogger) =>
  ({ level, message, ...fields }: CleanupRecord): void => {
    if (level === "ERROR") log.error(fields, message);
    else if (fields.event.endsWith("_completed")) log.info(fields, message);
  };
