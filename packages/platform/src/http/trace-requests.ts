import { isId } from "@trainer/disk";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { traceFields, type Span, type Tracing } from "../tracing/tracing.js";
import { headerOf } from "./header.js";

/** Asked for every few seconds by whoever watches over the service. */
const UNTRACED: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Gives each request a span, in the trace that its `traceparent` names or in one of its own. What its route does belongs
 * to that, and its log records name the trace.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  if (!tracing.enabled) return;
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook("onRequest", async (req) => {
    const route = req.routeOptions.url ?? "none";
    if (UNTRACED.has(route)) return;
    const span = tracing.start(`${req.method} ${route}`, {
      kind: "server",
      parent: headerOf(req, "traceparent") ?? null,
      attributes: { "http.request.method": req.method, "http.route": route, ...subjectOf(req.params) },
    });
    spans.set(req, span);
    req.log = req.log.child(traceFields(span));
  });
  // Only now: a body that is read comes in events of its connection, which know no active span.
  app.addHook("preHandler", (req, _reply, done) => {
    const span = spans.get(req);
    if (span === undefined) done();
    else tracing.run(span, () => done());
  });
  app.addHook("onResponse", async (req, { statusCode }) => {
    const span = spans.get(req);
    span?.set({ "http.response.status_code": statusCode });
    span?.end({ failure: statusCode >= 500 ? String(statusCode) : null });
  });
}

const id = z.string().refine(isId).optional().catch(undefined);
const Params = z.object({ run_id: id, tokenizer_id: id }).catch({});

/** The run or tokenizer that a request is about; what is no id may be anything, and is left out. */
function subjectOf(params: unknown): Readonly<Record<string, string>> {
  const { run_id, tokenizer_id } = Params.parse(params);
  return {
    ...(run_id === undefined ? {} : { "trainer.run_id": run_id }),
    ...(tokenizer_id === undefined ? {} : { "trainer.tokenizer_id": tokenizer_id }),
  };
}
