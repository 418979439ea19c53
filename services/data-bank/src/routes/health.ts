import type { FastifyInstance } from "fastify";
import type { Metrics } from "../metrics.js";

/** Something that uploads need: null if it is well, else what ails it. */
export interface Probe {
  trouble(): Promise<string | null>;
}

export function healthRoutes(app: FastifyInstance, probes: readonly Probe[], metrics: Metrics): void {
  app.get("/healthz", async () => ({ status: "ok" }));

  app.get("/readyz", async (_, reply) => {
    for (const probe of probes) {
      const reason = await probe.trouble();
      if (reason !== null) return reply.code(503).send({ status: "degraded", reason });
    }
    return { status: "ready", reason: null };
  });

  app.get("/metrics", async (_, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
