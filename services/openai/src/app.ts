import { headerOf, httpApp, takeJson, type Hosts, type KeySet } from "@trainer/platform/http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { answerFailure, OpenAiError } from "./errors.js";
import type { Models } from "./models.js";
import { Room } from "./room.js";
import { chatCompletionRoutes } from "./routes/chat-completions.js";
import { completionRoutes } from "./routes/completions.js";
import { modelRoutes } from "./routes/models.js";
import { tokenRoutes } from "./routes/tokens.js";

export interface AppOptions {
  readonly models: Models;
  readonly keys: KeySet;
  readonly hosts: Hosts;
  readonly log: { write(line: string): unknown };
  readonly logLevel: string;
}

/** The most texts that are written at a time, and bytes of a request. */
const MOST_TEXTS = 512;
const BODY_BYTES = 32 << 20;

/** An answer may take as long as it takes; a connection on which nothing moves is closed after ten minutes. */
const TIMEOUTS = { headersMs: 15_000, idleMs: 600_000, requestMs: 60_000 };

/** The HTTP side of a server for OpenAI's clients. */
export function createApp({ models, keys, hosts, log, logLevel }: AppOptions): FastifyInstance {
  const http = { service: "openai", logLevel, log, hosts, bodyBytes: BODY_BYTES, ...TIMEOUTS, onAnswer: () => {} };
  return httpApp(http, (app) => {
    const room = new Room(MOST_TEXTS);
    takeJson(app);
    app.get("/healthz", async () => ({ status: "ok" }));
    void app.register(async (scope) => {
      scope.setErrorHandler(answerFailure);
      if (!keys.isOpen) letPagesAsk(scope, app);
      scope.addHook("onRequest", async (req) => refuseStranger(req, keys, hosts));
      tokenRoutes(scope, models);
      void scope.register(
        async (v1) => {
          v1.setNotFoundHandler(async (req) => {
            throw new OpenAiError(404, `there is no ${req.method} ${req.url} here`, { code: "unknown_url" });
          });
          modelRoutes(v1, models);
          completionRoutes(v1, models, room);
          chatCompletionRoutes(v1, models, room);
        },
        { prefix: "/v1" },
      );
    });
  });
}

const PREFLIGHT = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "authorization, content-type, x-api-key",
  "access-control-max-age": "86400",
};

/** Lets pages of any site ask where a key is wanted: who knows it has it from the owner. A browser asks for leave first. */
function letPagesAsk(scope: FastifyInstance, app: FastifyInstance): void {
  scope.addHook("onRequest", async (_, reply) => void reply.header("access-control-allow-origin", "*"));
  scope.addHook("onRoute", ({ url }) => {
    app.options(url, async (_, reply) => reply.code(204).headers(PREFLIGHT).send());
  });
}

/** Lets a request in by its key; where there is none, unless a page of another site has sent it. */
function refuseStranger(req: FastifyRequest, keys: KeySet, hosts: Hosts): void {
  if (keys.isOpen) return hosts.refuseForeign(req.headers);
  const bearer = /^Bearer +(.+)$/i.exec(headerOf(req, "authorization") ?? "")?.[1];
  if (keys.has(bearer ?? headerOf(req, "x-api-key") ?? "")) return;
  throw new OpenAiError(401, "Incorrect API key provided", { code: "invalid_api_key" });
}
