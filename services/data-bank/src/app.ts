import type { IncomingMessage } from "node:http";
import type { FastifyInstance, HTTPMethods } from "fastify";
import { createServiceApp, healthRoutes, refuseOtherMethods, type Probe } from "@trainer/platform/http";
import { fileRoutes, type FileRoutes } from "./routes/files.js";

export interface AppOptions extends FileRoutes {
  readonly probes: readonly Probe[];
  readonly logLevel: string;
  /** Where log records go, a line each. */
  readonly log: { write(line: string): unknown };
  readonly timeouts: Timeouts;
}

export interface Timeouts {
  /** Until the head of a request must have arrived whole. */
  readonly headersMs: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** How long what a client still sends is thrown away after it was refused, so that it can read why. */
  readonly lingerMs: number;
}

/** The HTTP side of the file service. */
export function createApp(options: AppOptions): FastifyInstance {
  const { log, logLevel, metrics, probes, timeouts } = options;
  const { headersMs, idleMs } = timeouts;
  const app = createServiceApp({
    service: "data-bank-api",
    log,
    logLevel,
    headersMs,
    idleMs,
    socketBytes: SOCKET_BYTES,
    onAnswered(req, reply, route) {
      metrics.requests.observe({ method: req.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
      letFinish(req.raw, timeouts.lingerMs);
    },
  });
  // Bodies are read by the routes that want one.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_req, _payload, done) => done(null));
  healthRoutes(app, probes, metrics);
  fileRoutes(app, options);
  for (const [url, allowed] of Object.entries(ROUTES)) refuseOtherMethods(app, url, allowed);
  return app;
}

/** What a connection may hold: enough that neither side waits for the other at each chunk. */
const SOCKET_BYTES = 256 << 10;

const ROUTES: Readonly<Record<string, readonly HTTPMethods[]>> = {
  "/healthz": ["GET"],
  "/readyz": ["GET"],
  "/metrics": ["GET"],
  "/files": ["POST"],
  "/files/:id": ["GET", "HEAD", "DELETE"],
  "/files/:id/info": ["GET"],
};

/** A client that was refused in the middle of its upload gets a moment to notice; then the connection goes. */
function letFinish(req: IncomingMessage, lingerMs: number): void {
  if (req.complete || req.destroyed) return;
  const timer = setTimeout(() => req.socket.destroy(), lingerMs);
  req.once("close", () => clearTimeout(timer));
  req.resume();
}
