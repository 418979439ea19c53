import { expect, test } from "vitest";
import { logOptions } from "./log.js";

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
