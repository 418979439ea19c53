import { loadConfig } from "@trainer/platform";
import { expect, test } from "vitest";
import { scratch } from "../../../../test/scratch.js";
import { apiConfig } from "./api-config.js";
import { workerConfig } from "./worker-config.js";

test("how long it is kept what became of jobs reaches both who queues them and who does them", () => {
  const env = { RQ__RESULT_TTL_SEC: "7", RQ__FAILURE_TTL_SEC: "0", REDIS_URL: "redis://127.0.0.1:1" };
  const { config } = loadConfig({ env, cwd: scratch("service-config") });
  const kept = { resultTtlSec: 7, failureTtlSec: 0 };
  expect([apiConfig(config), workerConfig(config)]).toMatchObject([kept, kept]);
});
