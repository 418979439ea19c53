import { startApi } from "@trainer/api";
import { tracingConfig } from "@trainer/platform/tracing";
import { ask } from "@trainer/testing/api";
import { startCollector, type CollectedSpan } from "@trainer/testing/otlp-collector";
import { request as training, startSystem } from "@trainer/testing/system";
import { z } from "zod";
import { expect, test, vi } from "vitest";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const PRIVATE = "nobody is to read this in a trace";

const Accepted = z.object({ run_id: z.string() });
const Asked = z.object({ request_id: z.string() });

test("one trace leads from a request through queue and worker to the stages of its training, and of a question to its answer", async () => {
  await using collector = await startCollector();
  await using system = await startSystem();
  const tracing = tracingConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const lines: string[] = [];
  const log = { write: (line: string) => void lines.push(line) };
  const { root, redisServer, bank } = system;
  const where = { redisUrl: redisServer.url, artifactsRoot: root, dataRoot: root, tracing, logLevel: "info" } as const;
  const api = await startApi({ ...where, port: 0, dataBank: { url: bank.url, apiKey: "key" } }, { log });
  const worker = await system.startWorker({ tracing, logLevel: "info" }, { log });

  const post = (path: string, body: object, headers = {}) => ask(api.url + path, { body, headers });
  const traceparent = `00-${TRACE}-${CALLER}-01`;
  const { run_id } = Accepted.parse((await post("/runs/train", training(), { traceparent })).json);
  expect(await system.ended(run_id)).toMatchObject({ status: "completed" });
  const { request_id } = Asked.parse(
    (await post(`/runs/${run_id}/generate`, { prompt_text: PRIVATE, max_new_tokens: 4 })).json,
  );
  await vi.waitFor(async () =>
    expect((await ask(`${api.url}/runs/${run_id}/generate/${request_id}`)).text).toContain("completed"),
  );
  await ask(`${api.url}/healthz`);
  await worker.stop();
  await api[Symbol.asyncDispose]();

  const all = new Map(collector.spans.map((span) => [span.spanId, span]));
  const named = (name: string, of = TRACE) =>
    collector.spans.filter((span) => span.name === name && span.traceId === of);
  const pathOf = (span: CollectedSpan): string[] => {
    const above = all.get(span.parentSpanId ?? "");
    return [...(above === undefined ? [] : pathOf(above)), span.name];
  };
  const paths = (of: string) =>
    new Set(collector.spans.filter(({ traceId }) => traceId === of).map((s) => pathOf(s).join(" > ")));

  const request = "POST /runs/train > enqueue train";
  const job = `${request} > job train`;
  expect(paths(TRACE)).toEqual(
    new Set([
      "POST /runs/train",
      request,
      `${request} > in queue`,
      job,
      `${job} > process`,
      ...["prepare", "encode", "train", "checkpoint", "validation", "test", "evaluation", "upload", "clean"].map(
        (stage) => `${job} > process > ${stage}`,
      ),
    ]),
  );
  const [first] = named("POST /runs/train");
  expect(first).toMatchObject({
    parentSpanId: CALLER,
    kind: 2,
    attributes: { "http.route": "/runs/train", "http.response.status_code": 200, "trainer.run_id": run_id },
    resource: { "service.name": "model-trainer-api" },
  });
  expect(named("job train")[0]).toMatchObject({
    kind: 5,
    attributes: { "messaging.destination.name": "trainer", "trainer.outcome": "completed", "trainer.run_id": run_id },
    resource: { "service.name": "model-trainer-worker" },
  });
  expect(named("checkpoint").length).toBeGreaterThanOrEqual(2);
  expect(named("checkpoint")[0]?.attributes["trainer.bytes"]).toBeGreaterThan(0);
  const odd = collector.spans.filter(
    ({ startTimeUnixNano, endTimeUnixNano, status }) => endTimeUnixNano < startTimeUnixNano || (status.code ?? 0) !== 0,
  );
  expect(odd).toEqual([]);

  const question = collector.spans.find(({ name }) => name === "POST /runs/:run_id/generate");
  const asked = "POST /runs/:run_id/generate > enqueue generate";
  expect(paths(question?.traceId ?? "")).toEqual(
    new Set([
      "POST /runs/:run_id/generate",
      asked,
      `${asked} > in queue`,
      `${asked} > job generate`,
      `${asked} > job generate > open_model`,
      `${asked} > job generate > answer`,
    ]),
  );
  expect(question?.attributes).toMatchObject({ "trainer.run_id": run_id, "trainer.request_id": request_id });

  expect(collector.bodies.join("")).not.toContain(PRIVATE.slice(0, 10));
  expect(collector.spans.some(({ name }) => name.includes("/healthz"))).toBe(false);
  const events = lines
    .filter((line) => line.includes(`"trace_id":"${TRACE}"`))
    .map((line) => z.object({ event: z.string() }).parse(JSON.parse(line)).event);
  expect(new Set(events)).toEqual(
    new Set([
      "request_completed",
      "run_started",
      ...["config", "tokenizer", "data", "start", "eval", "checkpoint", "completed"].map((each) => `run_${each}`),
    ]),
  );
});
