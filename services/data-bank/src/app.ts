import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import { fastify, LogController, type FastifyInstance, type HTTPMethods } from "fastify";
import { AppError, logOptions } from "@trainer/platform";
import { answerError, answerUnparsed } from "./http-errors.js";
import { fileRoutes, type FileRoutes } from "./routes/files.js";
import { healthRoutes, type Probe } from "./routes/health.js";

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

/** The HTTP side: requests come in with an id, go through one route, and leave as a result or as one kind of error. */
export function createApp(options: AppOptions): FastifyInstance {
  const { log, logLevel, metrics, probes, timeouts } = options;
  const app = fastify({
    logger: { ...logOptions("data-bank-api", logLevel), stream: { write: (line) => void log.write(line) } },
    logController: new LogController({ disableRequestLogging: true }), // one record a request, when it is done
    genReqId: (req) => requestId(req),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_HEAD_BYTES }, // ids that are too long are refused as ids
    connectionTimeout: timeouts.idleMs,
    requestTimeout: 0, // an upload may take days; its pace is what counts
    http: {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: timeouts.headersMs,
      connectionsCheckingInterval: 1000,
      highWaterMark: SOCKET_BYTES,
    },
    frameworkErrors: (error, req, reply) => void answerError(error, req, reply),
    clientErrorHandler: answerUnparsed,
  });
  limitHeaders(app.server);
  // Bodies are read by the routes that want one.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_req, _payload, done) => done(null));
  app.addHook("onRequest", async (req, reply) => void reply.header("x-request-id", req.id));
  app.addHook("onResponse", async (req, reply) => {
    const route = req.routeOptions.url ?? "none";
    metrics.requests.observe({ method: req.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    req.log.info(
      {
        event: "request_completed",
        request_id: req.id,
        method: req.method,
        path: route,
        status: reply.statusCode,
        elapsed_seconds: reply.elapsedTime / 1000,
      },
      "request completed",
    );
    letFinish(req.raw, timeouts.lingerMs);
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((req, reply) => answerError(new AppError("NOT_FOUND", "Not Found"), req, reply));
  healthRoutes(app, probes, metrics);
  fileRoutes(app, options);
  for (const [url, allowed] of Object.entries(ROUTES)) refuseOtherMethods(app, url, allowed);
  return app;
}

/** What a connection may hold: enough that neither side waits for the other at each chunk. */
const SOCKET_BYTES = 256 << 10;
const MAX_HEAD_BYTES = 16 << 10;

const ROUTES: Readonly<Record<string, readonly HTTPMethods[]>> = {
  "/healthz": ["GET"],
  "/readyz": ["GET"],
  "/metrics": ["GET"],
  "/files": ["POST"],
  "/files/:id": ["GET", "HEAD", "DELETE"],
  "/files/:id/info": ["GET"],
};
const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

function refuseOtherMethods(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  app.route({
    url,
    method: METHODS.filter((method) => !allowed.includes(method)),
    handler: async (_, reply) => {
      reply.header("allow", allowed.join(", "));
      throw new AppError("METHOD_NOT_ALLOWED", "Method Not Allowed");
    },
  });
}

/** The client's own id of a request, so that its log and ours can be put side by side. */
const requestId = (req: Pick<IncomingMessage, "headers">): string =>
  [req.headers["x-request-id"]].flat().join(", ") || randomUUID();

/** One header less than Node drops silently. */
function limitHeaders(server: Server): void {
  server.maxHeadersCount = 100;
}

/** A client that was refused in the middle of its upload gets a moment to notice; then the connection goes. */
function letFinish(req: IncomingMessage, lingerMs: number): void {
  if (req.complete || req.destroyed) return;
  const timer = setTimeout(() => req.socket.destroy(), lingerMs);
  req.once("close", () => clearTimeout(timer));
  req.resume();
}
