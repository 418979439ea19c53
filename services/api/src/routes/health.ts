import { z } from "zod";
import { queueProblem } from "@trainer/platform/redis";
import type { Redis } from "ioredis";
import type { Metrics } from "../metrics.js";
import { content } from "./answers.js";
import type { ZodApp } from "./zod-app.js";

const Ready = z.object({ status: z.literal("ready"), reason: z.null() });
const Degraded = z.object({ status: z.literal("degraded"), reason: z.string() });

/** Routes without a key. */
export function healthRoutes(
  app: ZodApp,
  { redis, metrics }: { readonly redis: Redis; readonly metrics: Metrics },
): void {
  const tags = ["Service"];

  app.get(
    "/healthz",
    { schema: { tags, summary: "Whether it lives", response: { 200: z.object({ status: z.literal("ok") }) } } },
    async () => ({ status: "ok" as const }),
  );

  app.get(
    "/readyz",
    { schema: { tags, summary: "Whether work can be done", response: { 200: Ready, 503: Degraded } } },
    async (_, reply) => {
      const reason = await queueProblem(redis);
      if (reason === null) return { status: "ready" as const, reason };
      return await reply.code(503).send({ status: "degraded", reason });
    },
  );

  app.get(
    "/metrics",
    {
      schema: { tags, summary: "For Prometheus", response: { 200: content("text/plain", "Prometheus's text format") } },
    },
    async (_, reply) => await reply.type(metrics.contentType).send(await metrics.text()),
  );
}
