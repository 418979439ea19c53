import { expect, test } from "vitest";
import { errorRecord, logOptions } from "./log.js";

test("a record says when, how grave, and from which process of which service", () => {
  const { base, formatters, level, messageKey, timestamp } = logOptions("data-bank-api", "info");
  expect(level).toBe("info");
  expect(messageKey).toBe("message");
  expect(formatters.level("warn")).toEqual({ level: "WARNING" }); // as Python's logging has it
  expect(formatters.level("fatal")).toEqual({ level: "CRITICAL" });
  expect(formatters.level("info")).toEqual({ level: "INFO" });
  expect(timestamp()).toMatch(/^,"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"$/);
  expect(base.instance_id).toMatch(new RegExp(`-${process.pid}$`));
});

test("an error is logged with its causes, and without what a library hung on it", () => {
  const sent = Object.assign(new TypeError("refused"), { code: "EREFUSED", command: { args: ["a prompt"] } });
  const record = errorRecord(new Error("the answer was lost", { cause: sent }));
  expect(record).toMatchObject({
    type: "Error",
    message: "the answer was lost",
    cause: { type: "TypeError", message: "refused", code: "EREFUSED" },
  });
  expect(record.stack).toContain("log.test.ts");
  expect(errorRecord(new Error("alone"))).not.toHaveProperty("cause");
  expect(JSON.stringify(record)).not.toContain("a prompt");
  expect(logOptions("api", "info").serializers.err("just words")).toMatchObject({
    type: "string",
    message: "just words",
    stack: "",
  });
});

test("errors that are each other's cause, or have no stack, are logged too", () => {
  const first = new Error("first");
  first.cause = new Error("second", { cause: first });
  delete first.stack;
  const record = errorRecord(first);
  expect(record.stack).toBe("");
  expect(JSON.stringify(record).match(/second/g)?.length).toBeLessThan(20);
});
