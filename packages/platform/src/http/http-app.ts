import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import { fastify, LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { AppError } from "../errors.js";
import { logOptions } from "../log.js";
import { answerError } from "./answer-error.js";
import { answerUnparsed } from "./answer-unparsed.js";
import type { Hosts } from "./hosts.js";
import { NO_TRACING, type Tracing } from "../tracing/tracing.js";
import { refuseOtherMethods } from "./refuse-other-methods.js";
import { traceRequests } from "./trace-requests.js";

/** Options of every HTTP service of the system. */
export interface HttpAppOptions {
  /** The name that its log records carry. */
  readonly service: string;
  readonly logLevel: string;
  /** Destination of log records, a line each. */
  readonly log: { write(line: string): unknown };
  /** Timeout of a request's head. */
  readonly headersMs: number;
  /** A connection on which nothing moves for so long is closed; 0: never. */
  readonly idleMs: number;
  /** Timeout of a whole request; 0: none. */
  readonly requestMs: number;
  /** Requests for other hosts are refused. */
  readonly hosts: Hosts;
  /** Addresses and ranges of proxies whose X-Forwarded-For is believed: `req.ip` is then the client's; left out: none's. */
  readonly trustedProxies?: readonly string[];
  /** The most bytes that a body may have which is read as a whole. */
  readonly bodyBytes?: number;
  /** Maps errors of libraries. */
  readonly explained?: (error: unknown) => unknown;
  /** Traces of its requests; left out: none. */
  readonly tracing?: Tracing;
  /** Called with every answer; `route` is the pattern, "none" where there is none. */
  readonly onAnswer: (req: FastifyRequest, reply: FastifyReply, route: string) => void;
}

/** Time that answers have to end in when the service does; one to come on a connection is not waited for either. */
const CLOSING_MS = 2000;

/** The head of a request may be so large. */
export const MAX_HEAD_BYTES = 16 << 10;

/** Buffer of a connection: enough that neither side waits for the other at each chunk. */
const SOCKET_BYTES = 256 << 10;

/**
 * A service over HTTP, with the routes that `routes` gives it: requests come in with an id, go through one route, and
 * leave as a result or as one kind of error. Each leaves one record in the log.
 */
export function httpApp(options: HttpAppOptions, routes: (app: FastifyInstance) => void): FastifyInstance {
  const { service, logLevel, log, hosts, onAnswer, tracing = NO_TRACING, explained = (error) => error } = options;
  const app = fastify({
    logger: { ...logOptions(service, logLevel), stream: { write: (line) => void log.write(line) } },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: (req) => requestId(req),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_HEAD_BYTES }, // ids that are too long are refused as ids
    connectionTimeout: options.idleMs,
    requestTimeout: options.requestMs,
    trustProxy: [...(options.trustedProxies ?? [])],
    ...(options.bodyBytes === undefined ? {} : { bodyLimit: options.bodyBytes }),
    http: {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: options.headersMs,
      connectionsCheckingInterval: 1000,
      highWaterMark: SOCKET_BYTES,
    },
    frameworkErrors: (error, req, reply) => void answerError(error, req, reply),
    clientErrorHandler: answerUnparsed,
  });
  limitHeaders(app.server);
  app.addHook("preClose", async () => {
    setTimeout(() => app.server.closeAllConnections(), CLOSING_MS).unref();
  });
  traceRequests(app, tracing);
  app.addHook("onRequest", async (req, reply) => void reply.header("x-request-id", req.id));
  app.addHook("onRequest", async ({ headers: { host } }) => {
    if (hosts.isKnown(host)) return;
    const message = `this service is not known by the host ${JSON.stringify(host)}: where it should be, name that in PUBLIC_HOSTS`;
    throw new AppError("FORBIDDEN", message);
  });
  // Bytes, for what is sent beside text is encoded as that is, and a client's id may have bytes that are no ASCII.
  app.addHook("onSend", async (_req, _reply, payload) =>
    typeof payload === "string" ? Buffer.from(payload) : payload,
  );
  app.addHook("onResponse", async (req, reply) => {
    const route = req.routeOptions.url ?? "none";
    onAnswer(req, reply, route);
    req.log.info(
      {
        event: "request_completed",
        method: req.method,
        path: route,
        status: reply.statusCode,
        elapsed_seconds: reply.elapsedTime / 1000,
      },
      "request completed",
    );
  });
  app.setErrorHandler((error, req, reply) => answerError(explained(error), req, reply));
  app.setNotFoundHandler((req, reply) => answerError(new AppError("NOT_FOUND", "Not Found"), req, reply));
  refuseOtherMethods(app, routes);
  return app;
}

/** The client's own id of a request, so that its log and ours can be put side by side. */
const requestId = (req: Pick<IncomingMessage, "headers">): string =>
  [req.headers["x-request-id"]].flat().join(", ") || randomUUID();

/** One header less than Node drops silently. */
function limitHeaders(server: Server): void {
  server.maxHeadersCount = 100;
}
