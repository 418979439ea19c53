// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { z } from "zod";
import { answering, refusal } from "../testing/answers.js";
import { ask, ApiError, pathTo } from "./ask.js";

const Number = z.object({ n: z.union([z.number(), z.bigint()]) });

test("an answer is checked, and an integer of 64 bits stays whole on both ways", async () => {
  const asked = answering({ "/n": () => new Response('{"n": 18446744073709551615}') });
  expect(await ask(Number, "/n", { method: "PUT", body: { n: 2n ** 64n - 1n }, headers: { "x-a": "b" } })).toEqual({
    n: 2n ** 64n - 1n,
  });
  expect(asked).toMatchObject([{ method: "PUT", path: "/n", headers: { "x-a": "b" } }]);
});

test("a refusal keeps its status, code and words", async () => {
  answering({ "/n": refusal(409, "CONFLICT", "it is running") });
  await expect(ask(Number, "/n")).rejects.toMatchObject({ status: 409, code: "CONFLICT", message: "it is running" });
});

test.each(["<html>Bad gateway</html>", '{"message": ""}', "[]", ""])(
  "a refusal that says nothing: %s",
  async (text) => {
    answering({ "/n": new Response(text, { status: 502 }) });
    await expect(ask(Number, "/n")).rejects.toMatchObject({
      status: 502,
      code: "UNKNOWN",
      message: "The service refused this (HTTP 502).",
    });
  },
);

test.each(["", "{", '{"n": "1"}'])("an answer that is not what it should be is an error: %j", async (text) => {
  answering({ "/n": () => new Response(text) });
  await expect(ask(Number, "/n")).rejects.toMatchObject({ code: "INVALID_ANSWER" });
});

test("no answer is an error of status 0, and a read that was given up is none of ours", async () => {
  answering({ "/n": new TypeError("Failed to fetch") });
  const failure = await ask(Number, "/n").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ status: 0, isUnreachable: true });
  await expect(ask(Number, "/n", { signal: AbortSignal.abort() })).rejects.toHaveProperty("name", "AbortError");
});

test("a path has the query that is given, escaped", () => {
  expect(pathTo("/runs", { q: "a b&c", limit: 5, done: false, none: null, empty: "", left: undefined })).toBe(
    "/runs?q=a+b%26c&limit=5&done=false",
  );
  expect(pathTo("/runs", {})).toBe("/runs");
});
