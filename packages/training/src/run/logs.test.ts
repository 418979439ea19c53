import { readFileSync } from "node:fs";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { RunLog } from "./logs.js";

const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern); // without its `any`

test("a record has the fields that log readers expect, and its service cannot be overwritten", async () => {
  await using dir = await scratch();
  const log = new RunLog(dir.join("logs.jsonl"), "r1");
  log.write({ level: "INFO", message: "hello", fields: { event: "e", loss: 1 } });
  log.write({ level: "ERROR", message: "again", fields: { event: "f" } });
  const lines = readFileSync(log.path, "utf8").trim().split("\n");
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    timestamp: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    level: "INFO",
    logger: "trainer.run",
    message: "hello",
    event: "e",
    loss: 1,
    run_id: "r1",
    service: "model-trainer",
    instance_id: matching(new RegExp(`^[^.]+-${process.pid}$`)),
  });
});
