import { expect, test, vi } from "vitest";
import { ApiError } from "./ask.js";
import { newQueryClient } from "./query-client.js";

test.each([
  ["nothing answers", new ApiError(0, "UNREACHABLE", ""), 3],
  ["the service failed", new ApiError(503, "SERVICE_UNAVAILABLE", ""), 3],
  ["there were too many requests", new ApiError(429, "RATE_LIMIT_EXCEEDED", ""), 3],
  ["it was refused", new ApiError(404, "NOT_FOUND", ""), 1],
  ["the page is at fault", new TypeError("x"), 1],
])("a read where %s is made %s", async (_, error, times) => {
  vi.useFakeTimers();
  const queryFn = vi.fn<() => Promise<never>>(() => Promise.reject(error));
  const client = newQueryClient();
  const read = client.fetchQuery({ ...client.getDefaultOptions().queries, queryKey: ["x"], queryFn });
  const failure = read.catch((reason: unknown) => reason);
  await vi.runAllTimersAsync();
  expect(await failure).toBe(error);
  expect(queryFn).toHaveBeenCalledTimes(times);
  vi.useRealTimers();
});
