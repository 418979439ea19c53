import { startCollector } from "@trainer/testing/otlp-collector";
import { matching } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { TracingConfig } from "../tracing/config.js";
import { openTracing } from "../tracing/open-tracing.js";
import { NO_TRACING, type Tracing } from "../tracing/tracing.js";
import { Hosts } from "./hosts.js";
import { httpApp } from "./http-app.js";

const lines: string[] = [];
const Line = z.object({ event: z.string() });

/** A service that says in its answers what traces its routes belong to. */
const service = (tracing: Tracing) =>
  httpApp(
    {
      service: "tested",
      logLevel: "info",
      log: { write: (line) => lines.push(line) },
      headersMs: 5000,
      idleMs: 0,
      requestMs: 0,
      hosts: new Hosts({ bindHost: "127.0.0.1", publicHosts: [] }),
      tracing,
      onAnswer() {},
    },
    (routes) => {
      const active = async () => ({ trace: tracing.active.traceId });
      routes.post("/runs/:run_id", active);
      routes.get("/tokenizers/:tokenizer_id", active);
      routes.get("/metrics", active);
      routes.get("/broken", async () => {
        throw new Error("a bug");
      });
    },
  );

test("each request has a span in its client's trace or a trace of its own, also where its body is read", async () => {
  await using collector = await startCollector();
  const tracing = await openTracing(TracingConfig.parse({ url: `${collector.url}/v1/traces` }), "tested");
  const app = service(tracing);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const post = (path: string, headers = {}) =>
    fetch(url + path, {
      method: "POST",
      body: '{"a": 1}',
      headers: { "content-type": "application/json", ...headers },
    });
  const theirs = await post("/runs/run-1", { traceparent: `00-${trace}-b7ad6b7169203331-01` });
  expect(await theirs.json()).toEqual({ trace });
  const own = await Promise.all(
    ["tok", "..%2Fsecret"].map(async (id) => (await fetch(`${url}/tokenizers/${id}`)).json()),
  );
  const someTrace = { trace: matching(/^[\da-f]{32}$/) };
  expect(own).toEqual([someTrace, someTrace]);
  expect(await (await fetch(`${url}/metrics`)).json()).toEqual({ trace: null });
  expect((await fetch(`${url}/broken`)).status).toBe(500);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  await app.close();
  await tracing[Symbol.asyncDispose]();

  const spans = collector.spans.map(({ name, attributes, status, parentSpanId }) => ({
    name,
    parentSpanId,
    status: attributes["http.response.status_code"],
    failed: status.code === 2,
    run: attributes["trainer.run_id"],
    tokenizer: attributes["trainer.tokenizer_id"],
  }));
  expect(spans).toHaveLength(5);
  expect(spans).toEqual(
    expect.arrayContaining([
      { name: "POST /runs/:run_id", parentSpanId: "b7ad6b7169203331", status: 200, failed: false, run: "run-1" },
      { name: "GET /tokenizers/:tokenizer_id", status: 200, failed: false, tokenizer: "tok" },
      { name: "GET /tokenizers/:tokenizer_id", status: 200, failed: false },
      { name: "GET /broken", status: 500, failed: true },
      { name: "GET none", status: 404, failed: false },
    ]),
  );
  const traced = lines.filter((line) => line.includes(`"trace_id":"${trace}"`));
  expect(traced.map((line) => Line.parse(JSON.parse(line)).event)).toEqual(["request_completed"]);
});

test("where nothing is traced, requests and their records are as ever", async () => {
  lines.length = 0;
  const app = service(NO_TRACING);
  const { body } = await app.inject({ method: "GET", url: "/tokenizers/tok", headers: { host: "127.0.0.1" } });
  expect(JSON.parse(body)).toEqual({ trace: null });
  expect(lines.join("")).not.toContain("trace_id");
});
