import { setTimeout as sleep } from "node:timers/promises";
import { startCollector } from "@trainer/testing/otlp-collector";
import { freePort } from "@trainer/testing";
import { expect, test } from "vitest";
import { TracingConfig } from "./config.js";
import { openTracing } from "./open-tracing.js";
import { NO_SPAN, NO_TRACING, traceFields } from "./tracing.js";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = `00-${TRACE}-b7ad6b7169203331`;

const open = (endpoint: string, fields: Partial<TracingConfig> = {}) =>
  openTracing(TracingConfig.parse({ url: `${endpoint}/v1/traces`, ...fields }), "tested");

test("without a configuration nothing is traced, and all can be called as if it were", async () => {
  await using tracing = await openTracing(null, "tested");
  expect([tracing, tracing.enabled]).toEqual([NO_TRACING, false]);
  const span = tracing.start("work");
  expect(span).toBe(NO_SPAN);
  span.set({ a: 1 });
  span.end();
  expect(tracing.run(span, () => tracing.active)).toBe(NO_SPAN);
  expect(traceFields(span)).toEqual({});
});

test("spans arrive with their times, facts, failures and places in their trace, from who they say they are", async () => {
  await using collector = await startCollector();
  const resource = { "deployment.environment": "test" };
  const tracing = await open(collector.url, { resource, headers: { authorization: "Bearer s3cret" } });
  expect(tracing.active).toBe(NO_SPAN);
  const outer = tracing.start("outer", { kind: "server", parent: `${PARENT}-01`, startedAt: 1000 });
  expect(traceFields(outer)).toEqual({ trace_id: TRACE });
  await tracing.run(outer, async () => {
    await sleep(1);
    expect(tracing.active).toBe(outer);
    tracing.start("inner", { kind: "producer", attributes: { "trainer.step": 7 } }).end();
    tracing.start("apart", { parent: null, kind: "consumer" }).end();
  });
  outer.set({ whole: true, loss: 0.5, name: "x".repeat(5000) });
  outer.end({ failure: "TIMEOUT", endedAt: 3500 });
  expect(tracing.counts).toEqual({ exported: 0, dropped: 0, failed: 0 });
  await tracing[Symbol.asyncDispose]();
  expect(tracing.counts).toEqual({ exported: 3, dropped: 0, failed: 0 });
  const [inner, apart, whole] = collector.spans;
  expect(whole).toMatchObject({
    name: "outer",
    kind: 2,
    traceId: TRACE,
    parentSpanId: "b7ad6b7169203331",
    startTimeUnixNano: 1_000_000_000n,
    endTimeUnixNano: 3_500_000_000n,
    attributes: { whole: true, loss: 0.5, "error.type": "TIMEOUT", name: "x".repeat(1024) },
    status: { code: 2 },
    resource: { "service.name": "tested", "deployment.environment": "test" },
  });
  expect(inner).toMatchObject({
    traceId: TRACE,
    parentSpanId: whole?.spanId,
    kind: 4,
    attributes: { "trainer.step": 7 },
  });
  expect(apart?.traceId).not.toBe(TRACE);
  expect([apart?.parentSpanId ?? "", apart?.kind]).toEqual(["", 5]);
  expect(collector.headers[0]?.["authorization"]).toBe("Bearer s3cret");
});

test("a part can be named otherwise", async () => {
  await using collector = await startCollector();
  const tracing = await open(collector.url, { serviceName: "other" });
  tracing.start("work").end();
  await tracing[Symbol.asyncDispose]();
  expect(collector.spans[0]?.resource["service.name"]).toBe("other");
});

test.each([
  "",
  "no traceparent",
  `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
  `00-${TRACE}-${"0".repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`,
  `ff-${TRACE}-b7ad6b7169203331-01`,
  `${PARENT}-01-more`,
  `${PARENT}-01more`,
])("%j begins a trace of its own", async (parent) => {
  await using tracing = await open("http://127.0.0.1:1", { sampler: "parentbased_always_off" });
  expect(tracing.start("work", { parent }).traceId).not.toBe(TRACE);
});

test("a traceparent of a later version is followed as far as it is known", async () => {
  await using tracing = await open("http://127.0.0.1:1", { sampler: "parentbased_always_off" });
  const span = tracing.start("work", { parent: `cc-${TRACE}-b7ad6b7169203331-00-what-comes` });
  expect(span.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
});

test.each([
  ["always_on", 0, 2],
  ["always_off", 1, 0],
  ["traceidratio", 1, 2],
  ["traceidratio", 0, 0],
  ["parentbased_always_on", 0, 1],
  ["parentbased_always_off", 1, 0],
  ["parentbased_traceidratio", 1, 1],
  ["parentbased_traceidratio", 0, 0],
] as const)(
  "the sampler %s with %d sends %d of a new trace and one that its caller does not sample",
  async (sampler, ratio, sent) => {
    await using collector = await startCollector();
    const tracing = await open(collector.url, { sampler, ratio });
    tracing.start("new", { parent: null }).end();
    tracing.start("theirs", { parent: `${PARENT}-00` }).end();
    await tracing[Symbol.asyncDispose]();
    expect(collector.spans).toHaveLength(sent);
  },
);

test("a collector that is down, refuses or gives no answer holds up nobody, and what is lost is counted", async () => {
  await using refusing = await startCollector(() => 400);
  await using silent = await startCollector(() => null);
  const down = `http://127.0.0.1:${await freePort()}`;
  for (const url of [down, refusing.url, silent.url]) {
    const tracing = await open(url, { timeoutMs: 1000 });
    const start = performance.now();
    for (let i = 0; i < 5000; i++) tracing.start("work").end();
    expect(performance.now() - start).toBeLessThan(5000);
    const disposed = performance.now();
    await tracing[Symbol.asyncDispose]();
    expect(performance.now() - disposed).toBeLessThan(10_000); // 1 s on a quiet machine
    const { exported, dropped, failed } = tracing.counts;
    expect([exported, dropped]).toEqual([0, 5000 - 2048]);
    expect(failed).toBeLessThanOrEqual(2048);
  }
  expect(refusing.bodies.length).toBeGreaterThan(0);
});

test("spans that waited while a collector was busy are sent, and make room for more", async () => {
  let status = 503;
  await using collector = await startCollector(() => status);
  const tracing = await open(collector.url, { timeoutMs: 10_000 });
  for (let i = 0; i < 600; i++) tracing.start("before").end(); // more than a batch: it is tried at once
  await expect.poll(() => collector.bodies.length).toBeGreaterThan(0);
  status = 200;
  await expect.poll(() => tracing.counts.exported).toBeGreaterThanOrEqual(512);
  await tracing[Symbol.asyncDispose]();
  expect(tracing.counts).toEqual({ exported: 600, dropped: 0, failed: 0 });
});
