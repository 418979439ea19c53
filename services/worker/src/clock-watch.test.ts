import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { ClockWatch } from "./clock-watch.js";

test("a clock that jumps is told once, and once when it is right again", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const lines: string[] = [];
  const watch = new ClockWatch({ redis, log: pino({}, { write: (line: string) => lines.push(line) }) });
  const real = Date.now.bind(Date);
  await watch.look();
  const clock = vi.spyOn(Date, "now").mockImplementation(() => real() + 86_400_000);
  await watch.look();
  await watch.look();
  clock.mockRestore();
  await watch.look();
  await watch.look();
  expect(lines).toEqual([expect.stringContaining('"event":"clock_off"'), expect.stringContaining("clock_right")]);
  expect(lines[0]).toContain("ahead of that of Redis's machine: have both set by the network");
  redis.disconnect();
});
