import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { httpApp, type HttpAppOptions } from "@trainer/platform/http";
import type { Tracing } from "@trainer/platform/tracing";
import { fileRoutes, type FileRoutes } from "./routes/files.js";
import { healthRoutes, type Probe } from "./routes/health.js";

export interface AppOptions extends FileRoutes {
  readonly probes: readonly Probe[];
  readonly logLevel: string;
  /** Destination of log records, a line each. */
  readonly log: { write(line: string): unknown };
  readonly timeouts: Timeouts;
  readonly tracing: Tracing;
}

export interface Timeouts {
  /** Timeout of a request's head. */
  readonly headersMs: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** Time for which a refused client's body is discarded, so that it can read the answer. */
  readonly lingerMs: number;
}

/** The HTTP side of the service. */
export function createApp(options: AppOptions): FastifyInstance {
  const { hosts, log, logLevel, metrics, probes, timeouts, tracing } = options;
  const http = {
    service: "data-bank-api",
    hosts,
    logLevel,
    log,
    tracing,
    headersMs: timeouts.headersMs,
    idleMs: timeouts.idleMs,
    requestMs: 0, // an upload may take days; its pace is what counts
  };
  const onAnswer: HttpAppOptions["onAnswer"] = (req, reply, route) => {
    metrics.answered(req, reply, route);
    letFinish(req.raw, timeouts.lingerMs);
  };
  return httpApp({ ...http, onAnswer }, (app) => {
    // Bodies are read by the routes that want one.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", (_req, _payload, done) => done(null));
    healthRoutes(app, probes, metrics);
    fileRoutes(app, options);
  });
}

/** A client that was refused in the middle of its upload gets a moment to notice; then the connection goes. */
function letFinish(req: IncomingMessage, lingerMs: number): void {
  if (req.complete || req.destroyed) return;
  const timer = setTimeout(() => req.socket.destroy(), lingerMs);
  req.once("close", () => clearTimeout(timer));
  req.removeAllListeners("readable"); // that of an iterator which is read no further keeps the rest from flowing
  req.resume();
}
