import { expect, test } from "vitest";
import { AppError } from "./errors.js";

test("a code has its status, unless the place that throws knows better", () => {
  expect(new AppError("NOT_FOUND", "file not found")).toMatchObject({ status: 404, code: "NOT_FOUND" });
  expect(new AppError("INVALID_INPUT", "no part", { status: 422 }).status).toBe(422);
});

test("an error may add to the head of its answer, and else adds nothing", () => {
  const headers = { "retry-after": "5" };
  expect(new AppError("RATE_LIMIT_EXCEEDED", "slowly", { headers }).headers).toEqual(headers);
  expect(new AppError("CONFLICT", "taken").headers).toEqual({});
});

test("what is not ours is told without its details, and keeps them as its cause", () => {
  const cause = new Error("/secret/path: EIO");
  expect(AppError.from(cause)).toMatchObject({ code: "INTERNAL_ERROR", message: "Internal server error", cause });
  const ours = new AppError("CONFLICT", "taken");
  expect(AppError.from(ours)).toBe(ours);
});
