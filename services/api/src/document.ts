import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import * as platform from "@trainer/platform";
import { z } from "zod";
import { ErrorAnswer } from "./routes/answers.js";
import { VERSION } from "./version.js";

const { globalRegistry } = z;

/** Schemas that stand in the document under a name of their own. */
const named = {
  Error: ErrorAnswer,
  Capabilities: platform.Capabilities,
  RunProgress: platform.RunProgress,
  RunStatus: platform.RunStatus,
  ListedRun: platform.ListedRun,
  RunList: platform.RunList,
  RunFileList: platform.RunFileList,
  ExportList: platform.ExportList,
  ExportedModelList: platform.ExportedModelList,
  TensorTable: platform.TensorTable,
  EvaluationHistory: platform.EvaluationHistory,
  SampleList: platform.SampleList,
  MetricsHistory: platform.MetricsHistory,
  StepMetrics: platform.StepMetrics,
  EvalMetrics: platform.EvalMetrics,
  EvaluateResponse: platform.EvaluateResponse,
  ScoreResponse: platform.ScoreResponse,
  GenerateResponse: platform.GenerateResponse,
  ChatResponse: platform.ChatResponse,
  ChatHistory: platform.ChatHistory,
  ChatList: platform.ChatList,
  TokenizerInfo: platform.TokenizerInfo,
  CorpusEntry: platform.CorpusEntry,
  CorpusReport: platform.CorpusReport,
  CorpusUpload: platform.CorpusUpload,
  System: platform.SystemInfo,
  CleanupReport: platform.CleanupReport,
} as const;
for (const [id, schema] of Object.entries(named)) globalRegistry.add(schema, { ...globalRegistry.get(schema), id });

/** The library adds each schema as requests would have it; no request has any of these. */
const ofAnswers: typeof jsonSchemaTransformObject = (document) => {
  const made = jsonSchemaTransformObject(document);
  const { schemas } = Made.parse(made).components;
  for (const name of Object.keys(schemas)) if (!(name in named)) delete schemas[name];
  return made;
};

const Made = z.object({ components: z.object({ schemas: z.custom<Record<string, object>>() }) });

/** Describes the routes that are added after it as an OpenAPI document, with a page to try them. */
export function describeRoutes(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Model Trainer",
        description:
          "Trains tokenizers and small language models, and uses them. Every error has the same three fields; every " +
          "answer has the request's id in `X-Request-ID`, the client's own where it sends one.",
        version: VERSION,
        license: { name: "MIT", identifier: "MIT" },
      },
      components: {
        securitySchemes: {
          apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
          bearer: { type: "http", scheme: "bearer" },
        },
      },
    },
    transform: (route) =>
      route.schema === undefined ? { schema: { hide: true }, url: route.url } : jsonSchemaTransform(route),
    transformObject: ofAnswers,
  });
  void app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true, transformStaticCSP: onPlainHttp });
}

/** The page is to work also where the API is reached without TLS, by another name than this machine's. */
const onPlainHttp = (policy: string): string => policy.replace(" upgrade-insecure-requests;", "");
