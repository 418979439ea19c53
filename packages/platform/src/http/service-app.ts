import { randomUUID } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import {
  fastify,
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type HTTPMethods,
} from "fastify";
import { AppError } from "../errors.js";
import { logOptions } from "../log.js";
import { answerError, answerUnparsed } from "./errors.js";

export interface ServiceAppOptions {
  /** What its log records call the service. */
  readonly service: string;
  readonly logLevel: string;
  /** Where log records go, a line each. */
  readonly log: { write(line: string): unknown };
  /** Until the head of a request must have arrived whole. */
  readonly headersMs: number;
  /** A connection on which nothing moves for so long is closed. */
  readonly idleMs: number;
  /** What a connection may hold unsent; Node's own measure if left out. */
  readonly socketBytes?: number;
  /** Hears of every answer, when it has been sent. */
  readonly onAnswered: (req: FastifyRequest, reply: FastifyReply, route: string) => void;
}

export const MAX_HEAD_BYTES = 16 << 10;

/**
 * What every service's HTTP side has in common: requests come in with an id, leave a record in the log, and are answered
 * with a result or with one kind of error.
 */
export function createServiceApp(options: ServiceAppOptions): FastifyInstance {
  const { service, log, logLevel, headersMs, idleMs, socketBytes, onAnswered } = options;
  const app = fastify({
    logger: { ...logOptions(service, logLevel), stream: { write: (line) => void log.write(line) } },
    logController: new LogController({ disableRequestLogging: true }), // one record a request, when it is done
    genReqId: (req) => requestId(req),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_HEAD_BYTES }, // ids that are too long are refused as ids
    connectionTimeout: idleMs,
    requestTimeout: 0, // an upload may take days; its pace is what counts
    http: {
      maxHeaderSize: MAX_HEAD_BYTES,
      headersTimeout: headersMs,
      connectionsCheckingInterval: 1000,
      ...(socketBytes === undefined ? {} : { highWaterMark: socketBytes }),
    },
    frameworkErrors: (error, req, reply) => void answerError(error, req, reply),
    clientErrorHandler: answerUnparsed,
  });
  limitHeaders(app.server);
  app.addHook("onRequest", async (req, reply) => void reply.header("x-request-id", req.id));
  app.addHook("onResponse", async (req, reply) => {
    const route = req.routeOptions.url ?? "none";
    onAnswered(req, reply, route);
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
  });
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((req, reply) => answerError(new AppError("NOT_FOUND", "Not Found"), req, reply));
  return app;
}

const METHODS: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Answers 405 to every method that a path is not there for. */
export function refuseOtherMethods(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  app.route({
    url,
    method: METHODS.filter((method) => !allowed.includes(method)),
    handler: async () => {
      throw new AppError("METHOD_NOT_ALLOWED", "Method Not Allowed", { headers: { allow: allowed.join(", ") } });
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
