import { httpApp, keyOf, takeJson, type Hosts, type KeySet } from "@trainer/platform/http";
import type { FastifyInstance } from "fastify";
import { OpenAiError } from "./errors.js";
import { openAiRoutes } from "./routes.js";
import type { Models } from "./served-model.js";

export interface AppOptions {
  readonly models: Models;
  readonly keys: KeySet;
  readonly hosts: Hosts;
  readonly log: { write(line: string): unknown };
  readonly logLevel: string;
}

const BODY_BYTES = 32 << 20;

/** An answer may take as long as it takes; a connection on which nothing moves is closed after ten minutes. */
const TIMEOUTS = { headersMs: 15_000, idleMs: 600_000, requestMs: 60_000 };

/** The HTTP side of a server for OpenAI's clients. */
export function createApp({ models, keys, hosts, log, logLevel }: AppOptions): FastifyInstance {
  const http = { service: "openai", logLevel, log, hosts, bodyBytes: BODY_BYTES, ...TIMEOUTS, onAnswer: () => {} };
  return httpApp(http, (app) => {
    takeJson(app);
    app.get("/healthz", async () => ({ status: "ok" }));
    openAiRoutes(app, {
      models,
      isKeyed: !keys.isOpen,
      // By its key; where there is none, unless a page of another site has sent it.
      async letIn(req) {
        if (keys.isOpen) return hosts.refuseForeign(req.headers);
        if (keys.has(keyOf(req) ?? "")) return;
        throw new OpenAiError(401, "Incorrect API key provided", { code: "invalid_api_key" });
      },
    });
  });
}
