import { z } from "zod";
import { envField, readConfig, type Env } from "../config/env.js";

const web = z.url({ protocol: /^https?$/, error: "must be http://… or https://…" });
const PAIRS = "must be name=value, with commas between";
const pairs = z
  .string()
  .transform((list) => list.split(",").filter((each) => each.trim() !== ""))
  .refine((list) => list.every((each) => /^[^=]+=/.test(each)), PAIRS)
  .transform((list) => Object.fromEntries(list.map(pair)));

/** Names and values may be percent-encoded. */
function pair(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  return [decoded(text.slice(0, at)), decoded(text.slice(at + 1))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.trim());
  } catch {
    return text.trim();
  }
}

const samplers = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

const RATIO = "must be a number from 0 to 1";
const GRPC = 'must be "http/json" or "http/protobuf": gRPC is not spoken here, a collector takes HTTP at port 4318';

/** The variables of OpenTelemetry that have an effect; their names and meanings are its own. */
const Schema = z.object({
  OTEL_SDK_DISABLED: z.string().default("false"),
  OTEL_TRACES_EXPORTER: z.enum(["otlp", "none"], 'must be "otlp" or "none"').default("otlp"),
  OTEL_EXPORTER_OTLP_ENDPOINT: web.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: web.optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(["http/json", "http/protobuf"], GRPC).optional(),
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: z.enum(["http/json", "http/protobuf"], GRPC).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: pairs.optional(),
  OTEL_EXPORTER_OTLP_TIMEOUT: envField.count.optional(),
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: envField.count.optional(),
  OTEL_SERVICE_NAME: z.string().trim().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.default({}),
  OTEL_TRACES_SAMPLER: z.enum(samplers, `must be one of ${samplers.join(", ")}`).default("parentbased_always_on"),
  OTEL_TRACES_SAMPLER_ARG: z.string().transform(Number).pipe(z.number(RATIO).min(0, RATIO).max(1, RATIO)).default(1),
});

/** Where a part's traces go, and which of them. */
export const TracingConfig = z.strictObject({
  /** The whole address that spans are posted to. */
  url: z.string(),
  headers: z.record(z.string(), z.string()).default({}),
  /** Timeout of one export, in milliseconds. */
  timeoutMs: z.int().min(1).default(10_000),
  /** Names the part in place of its own name; null: its own. */
  serviceName: z.string().nullable().default(null),
  resource: z.record(z.string(), z.string()).default({}),
  sampler: z.enum(samplers).default("parentbased_always_on"),
  ratio: z.number().default(1),
});
export type TracingConfig = z.output<typeof TracingConfig>;

/**
 * Tracing as OpenTelemetry's own variables set it; null without an endpoint.
 * @throws AppError CONFIG_ERROR which names every variable that is wrong
 */
export function tracingConfig(env: Env): TracingConfig | null {
  const own = Object.entries(env).filter(([name]) => name.startsWith("OTEL_"));
  const set = readConfig(Schema, Object.fromEntries(own));
  const url = urlOf(set);
  if (url === null || set.OTEL_SDK_DISABLED.trim().toLowerCase() === "true" || set.OTEL_TRACES_EXPORTER === "none")
    return null;
  return TracingConfig.parse({
    url,
    headers: set.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? set.OTEL_EXPORTER_OTLP_HEADERS,
    timeoutMs: (set.OTEL_EXPORTER_OTLP_TRACES_TIMEOUT ?? set.OTEL_EXPORTER_OTLP_TIMEOUT) || undefined,
    serviceName: set.OTEL_SERVICE_NAME,
    resource: set.OTEL_RESOURCE_ATTRIBUTES,
    sampler: set.OTEL_TRACES_SAMPLER,
    ratio: set.OTEL_TRACES_SAMPLER_ARG,
  });
}

/** An endpoint of traces is the whole address; one of all signals is what theirs lie below. */
function urlOf({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces,
  OTEL_EXPORTER_OTLP_ENDPOINT: all,
}: z.output<typeof Schema>): string | null {
  return traces ?? (all === undefined ? null : `${all.replace(/(?<!\/)\/+$/, "")}/v1/traces`);
}
