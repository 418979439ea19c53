import { z } from "zod";
import { MetricsHistory } from "@trainer/platform";
import type { FastifyReply, FastifyRequest } from "fastify";
import { headerOf } from "@trainer/platform/http";
import type { Streams } from "../live/streams.js";
import type { Follow, Tails } from "../live/tails.js";
import { logLevels } from "../live/log-lines.js";
import type { RunFiles } from "../services/run-files.js";
import { content, MISSING, QUERY } from "./answers.js";
import { boolParam, intParam } from "./query.js";
import { RunParams } from "./runs.js";
import type { ZodApp } from "./zod-app.js";

export interface LiveDeps {
  readonly runFiles: RunFiles;
  readonly tails: Tails;
  readonly streams: Streams;
}

const MAX_LINES = 100_000;
const tail = intParam({ min: 1, max: MAX_LINES, default: 200 }).describe("How many of the last lines.");
/** A place in a query: a byte, or a step. */
const place = (description: string) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "must be a whole number")
    .transform(Number)
    .optional()
    .transform((value) => value ?? null)
    .meta({ type: "integer", minimum: 0, description });
const LogQuery = z.object({
  tail,
  level: z
    .enum(logLevels)
    .optional()
    .transform((level) => level ?? null)
    .describe("Only records of this level or a more severe one."),
  q: z.string().max(200).default("").describe("Only lines that have this text, in upper or lower case."),
  before: place("Only lines before this byte: the `X-Log-Start` of the answer before."),
});
const StreamQuery = z.object({ tail, follow: boolParam(true).describe("Whether to wait for new lines.") });
const MetricsQuery = z.object({
  points: intParam({ min: 1, max: 100_000, default: 1000 }).describe("How many steps at most."),
  from: place("First step; left out: the first of all."),
  to: place("Last step; left out: the last of all."),
});

/** Logs and metrics of runs, whole and live. */
export function liveRoutes(app: ZodApp, { runFiles, tails, streams }: LiveDeps): void {
  const tags = ["Live"];
  const params = RunParams;
  const send = async (
    reply: FastifyReply,
    kind: "logs" | "metrics",
    runId: string,
    from: Follow["from"],
    follow = true,
  ) => {
    using _place = streams.admit(reply.request.ip);
    await streams.send(reply, (signal) =>
      tails.follow(`${kind}/${runId}/${follow}`, {
        from,
        signal,
        path: () => runFiles.locate(kind, runId),
        isOver: async () => !follow || (await runFiles.isOver(runId)),
      }),
    );
  };

  app.get(
    "/runs/:run_id/logs",
    {
      schema: {
        tags,
        summary: "The last lines of a run's log, a JSON record each",
        description:
          "With `level` or `q` only those that match. `X-Log-Start` is the byte before which to go on to earlier lines; 0: " +
          "there are none. A search looks at 64 MiB at a time.",
        params,
        querystring: LogQuery,
        response: { 200: content("text/plain", "Lines of logs.jsonl"), ...MISSING, ...QUERY },
      },
    },
    async (req, reply) => {
      const { text, start } = await runFiles.tail(req.params.run_id, req.query);
      return await reply.type("text/plain; charset=utf-8").header("x-log-start", start).send(text);
    },
  );

  app.get(
    "/runs/:run_id/logs/stream",
    {
      schema: {
        tags,
        summary: "A run's log as it comes, to the run's end",
        description:
          "An event a line. A run that has not begun is waited for. With Last-Event-ID it goes on behind that event; " +
          "`tail` then means nothing. An event `error` says why the stream is about to break off.",
        params,
        querystring: StreamQuery,
        response: { 200: content("text/event-stream", "Lines of logs.jsonl"), ...MISSING, ...QUERY },
      },
    },
    async (req, reply) => {
      const { run_id: runId } = req.params;
      await (req.query.follow ? runFiles.needComingLogs(runId) : runFiles.needLogs(runId));
      const from = placeOf(req, { last: req.query.tail });
      await send(reply, "logs", runId, from, req.query.follow);
    },
  );

  app.get(
    "/runs/:run_id/metrics",
    {
      schema: {
        tags,
        summary: "A run's evaluations, and its steps, thinned to so many points in a range of steps",
        params,
        querystring: MetricsQuery,
        response: { 200: MetricsHistory, ...MISSING, ...QUERY },
      },
    },
    (req) => runFiles.history(req.params.run_id, req.query),
  );

  app.get(
    "/runs/:run_id/metrics/stream",
    {
      schema: {
        tags,
        summary: "A run's steps and evaluations as they come, from the first on, to the run's end",
        description:
          "An event a line of metrics.jsonl. A run that was interrupted goes on from its checkpoint: a step that comes " +
          "again takes the place of what came before.",
        params,
        response: { 200: content("text/event-stream", "Lines of metrics.jsonl"), ...MISSING },
      },
    },
    async (req, reply) => {
      const { run_id: runId } = req.params;
      if ((await runFiles.locate("metrics", runId)) === null) await runFiles.needRun(runId);
      await send(reply, "metrics", runId, placeOf(req, { after: 0 }));
    },
  );
}

/** Place behind the last event that a client has received, if it names one. */
function placeOf(req: FastifyRequest, otherwise: Follow["from"]): Follow["from"] {
  const id = headerOf(req, "last-event-id");
  return id !== undefined && /^\d{1,15}$/.test(id) ? { after: Number(id) } : otherwise;
}
