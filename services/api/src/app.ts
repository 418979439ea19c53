import rateLimit from "@fastify/rate-limit";
import { openAiRoutes } from "@trainer/openai/http";
import { AppError, refusalOf } from "@trainer/platform";
import { httpApp, keyOf, takeJson, type HttpAppOptions } from "@trainer/platform/http";
import type { FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { explained } from "./redis-unavailable.js";
import type { Container } from "./container.js";
import { describeRoutes } from "./document.js";
import { artifactRoutes } from "./routes/artifacts.js";
import { COMMON } from "./routes/answers.js";
import { chatRoutes } from "./routes/chat.js";
import { corpusRoutes } from "./routes/corpora.js";
import { estimateRoutes } from "./routes/estimates.js";
import { planRoutes } from "./routes/plans.js";
import { exportRoutes } from "./routes/exports.js";
import { healthRoutes } from "./routes/health.js";
import { liveRoutes } from "./routes/live.js";
import { pageRoutes } from "./routes/pages.js";
import { runFileRoutes } from "./routes/run-files.js";
import { runNoteRoutes } from "./routes/run-notes.js";
import { runRoutes } from "./routes/runs.js";
import { sessionRoutes } from "./routes/session.js";
import { systemRoutes } from "./routes/system.js";
import { tokenizerRoutes } from "./routes/tokenizers.js";
import { useRoutes } from "./routes/use.js";

const TIMEOUTS = { headersMs: 15_000, idleMs: 120_000, requestMs: 60_000 };

/** The HTTP side of the API. */
export function createApp(container: Container, log: { write(line: string): unknown }): FastifyInstance {
  const { config, metrics, hosts, tracing } = container;
  const http = { service: "model-trainer", logLevel: config.logLevel, bodyBytes: config.bodyBytes, log, ...TIMEOUTS };
  const onAnswer: HttpAppOptions["onAnswer"] = (req, reply, route) => metrics.answered(req, reply, route);
  const { trustedProxies } = config;
  return httpApp({ ...http, hosts, trustedProxies, explained, onAnswer, tracing }, (app) => {
    takeJson(app);
    checkBySchema(app);
    describeRoutes(app);
    void app.register(async (scope) => {
      const open = scope.withTypeProvider<ZodTypeProvider>();
      healthRoutes(open, container);
      scope.get("/openapi.json", async () => scope.swagger());
    });
    void app.register((scope) => limited(scope, container));
  });
}

/** Routes whose requests are counted. */
async function limited(scope: FastifyInstance, container: Container): Promise<void> {
  const { config } = container;
  await scope.register(rateLimit, {
    global: config.requestsPerMinute > 0,
    max: config.requestsPerMinute,
    timeWindow: MINUTE_MS,
    errorResponseBuilder: (_, { after }) =>
      new AppError("RATE_LIMIT_EXCEEDED", `too many requests: come again after ${after}`),
  });
  const refused = refusals(scope.createRateLimit({ max: config.wrongKeysPerMinute, timeWindow: MINUTE_MS }));
  sessionRoutes(scope.withTypeProvider<ZodTypeProvider>(), container, refused);
  const letIn = lettingIn(container, refused);
  void scope.register(async (inner) => keyed(inner, container, letIn));
  void scope.register(async (inner) => {
    inner.addHook("onRoute", describeKey);
    openAiRoutes(inner, { models: container.models, letIn, isKeyed: !container.keys.isOpen, explained });
  });
  if (config.pagesRoot === "") return;
  void scope.register((inner) => pageRoutes(inner.withTypeProvider<ZodTypeProvider>(), container, refused));
}

/** Lets in who has the key, or has signed in by it; where there is none, everybody on a page of ours or on none. */
const lettingIn =
  ({ keys, hosts, signIn }: Container, refused: Refused) =>
  async (req: FastifyRequest): Promise<void> => {
    const key = keyOf(req);
    const isBrowser = keys.isOpen || (key === undefined && signIn.has(req.headers.cookie));
    if (!isBrowser && !keys.has(key ?? "")) throw await refused(req);
    if (isBrowser) hosts.refuseForeign(req.headers);
  };

/** All that needs the key. A route can only be added here, or openly. */
function keyed(scope: FastifyInstance, container: Container, letIn: (req: FastifyRequest) => Promise<void>): void {
  scope.addHook("onRequest", letIn);
  scope.addHook("onRoute", describeKey);
  scope.addHook("onRoute", describeErrors);
  const app = scope.withTypeProvider<ZodTypeProvider>();
  runRoutes(app, container);
  estimateRoutes(app, container);
  planRoutes(app, container);
  corpusRoutes(app, container);
  runNoteRoutes(app, container);
  runFileRoutes(app, container);
  exportRoutes(app, container);
  liveRoutes(app, container);
  useRoutes(app, container);
  chatRoutes(app, container);
  tokenizerRoutes(app, container);
  artifactRoutes(app, container);
  systemRoutes(app, container);
}

const MINUTE_MS = 60_000;

type Refused = (req: FastifyRequest) => Promise<AppError>;

/** Wrong keys are rate-limited; a client with the right one is not. */
function refusals(limit: ReturnType<FastifyInstance["createRateLimit"]>): Refused {
  return async (req) => {
    const tried = await limit(req);
    if (tried.isAllowed || !tried.isExceeded) return new AppError("UNAUTHORIZED", "Unauthorized");
    const headers = { "retry-after": String(tried.ttlInSeconds) };
    return new AppError("RATE_LIMIT_EXCEEDED", "too many requests with a wrong key", { headers });
  };
}

/** Adds the key to the document of every route that requires it. */
function describeKey(route: RouteOptions): void {
  if (route.schema !== undefined) route.schema = { ...route.schema, security: [{ apiKey: [] }, { bearer: [] }] };
}

function describeErrors(route: RouteOptions): void {
  const { schema = {} } = route;
  route.schema = { ...schema, response: { ...COMMON, ...z.record(z.string(), z.unknown()).parse(schema.response) } };
}

/** Requests and answers are what their schemas make of them. */
function checkBySchema(app: FastifyInstance): void {
  app.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (data) => {
    const { data: value, error } = schema.safeParse(data);
    if (error === undefined) return { value };
    const refusal = refusalOf(error);
    return { error: httpPart === "body" ? refusal : new AppError("INVALID_INPUT", refusal.message, { status: 422 }) };
  });
  app.setSerializerCompiler<z.ZodType>(
    ({ schema }) =>
      (data) =>
        JSON.stringify(schema.parse(data)),
  );
}
