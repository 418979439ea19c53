import { expect, test } from "vitest";
import { tracingConfig } from "./config.js";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

test.each([
  {},
  { OTEL_EXPORTER_OTLP_ENDPOINT: " " },
  { OTEL_SERVICE_NAME: "worker", OTEL_TRACES_SAMPLER: "always_on" },
  { ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" },
  { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" },
])("%j traces nothing", (env) => {
  expect(tracingConfig(env)).toBeNull();
});

test("an endpoint alone is enough, and traces have a path below it", () => {
  const defaults = {
    headers: {},
    timeoutMs: 10_000,
    serviceName: null,
    resource: {},
    sampler: "parentbased_always_on",
    ratio: 1,
  };
  expect(tracingConfig(ENDPOINT)).toEqual({ url: "http://collector:4318/v1/traces", ...defaults });
  expect(tracingConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://c/otlp//" })?.url).toBe("https://c/otlp/v1/traces");
});

test("variables for traces come before those for all signals, and an address for traces is the whole one", () => {
  const env = {
    ...ENDPOINT,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://traces/",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20all",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "authorization=Bearer%20of=traces, x-team = a%b,",
    OTEL_EXPORTER_OTLP_TIMEOUT: "0",
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "1500",
    OTEL_SERVICE_NAME: "trainer",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=prod",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    UNRELATED: "not a number",
  };
  expect(tracingConfig(env)).toEqual({
    url: "http://traces/",
    headers: { authorization: "Bearer of=traces", "x-team": "a%b" },
    timeoutMs: 1500,
    serviceName: "trainer",
    resource: { "deployment.environment": "prod" },
    sampler: "parentbased_traceidratio",
    ratio: 0.25,
  });
  const { OTEL_EXPORTER_OTLP_TRACES_HEADERS: _, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: __, ...all } = env;
  expect(tracingConfig(all)).toMatchObject({ headers: { authorization: "Bearer all" }, timeoutMs: 10_000 });
});

test("all that is wrong is named, without values, which may be secrets", () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_EXPORTER_OTLP_HEADERS: "s3cret",
    OTEL_EXPORTER_OTLP_TIMEOUT: "10s",
    OTEL_TRACES_SAMPLER: "some",
    OTEL_TRACES_SAMPLER_ARG: "2",
  };
  for (const name of Object.keys(env)) expect(() => tracingConfig(env)).toThrow(`${name}: must be`);
  expect(() => tracingConfig(env)).not.toThrow("s3cret");
  expect(() => tracingConfig(env)).toThrow("gRPC is not spoken here, a collector takes HTTP at port 4318");
});
