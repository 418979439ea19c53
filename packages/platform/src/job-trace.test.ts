import { expect, test } from "vitest";
import { spanAttributes, traceData, traceparentIn } from "./job-trace.js";
import { jobs } from "./queue.js";
import { NO_SPAN } from "./tracing/tracing.js";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

test("a job carries a trace beside its data, and one that is not traced carries nothing", () => {
  expect(traceData({ ...NO_SPAN, traceparent })).toEqual({ traceparent });
  expect(traceData(NO_SPAN)).toEqual({});
  expect(traceparentIn({ run_id: "a", traceparent })).toBe(traceparent);
});

test.each([{}, { traceparent: 1 }, { traceparent: "x".repeat(513) }, null, "text", undefined])(
  "%j carries no trace",
  (data) => {
    expect(traceparentIn(data)).toBeNull();
  },
);

test("who reads a job's data sees nothing of the trace", () => {
  const data = { run_id: "run", request_id: "r", request: { prompt_text: "a" } };
  expect(jobs.generate.parse({ ...data, traceparent })).toEqual(jobs.generate.parse(data));
});

test("of a job's data only the ids of its subject go into a trace", () => {
  const data = { run_id: "run", tokenizer_id: 7, request_id: "r", user_id: "1", request: { prompt_text: "private" } };
  expect(spanAttributes(data)).toEqual({ "trainer.run_id": "run", "trainer.request_id": "r" });
  expect(spanAttributes("none")).toEqual({});
  expect(spanAttributes({ run_id: "x".repeat(513) })).toEqual({});
});
