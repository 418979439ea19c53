import { ApiConfig } from "@trainer/api";
import { scratchPath } from "@trainer/testing";
import { WorkerConfig } from "@trainer/worker";
import { expect, test } from "vitest";
import { apiConfig } from "./api-config.js";
import { servedSettings } from "./served-settings.js";
import { loadConfig } from "./settings.js";
import { workerConfig } from "./worker-config.js";

test("how long it is kept what became of jobs reaches both who queues them and who does them", () => {
  const env = { RQ__RESULT_TTL_SEC: "7", RQ__FAILURE_TTL_SEC: "0", REDIS_URL: "redis://127.0.0.1:1" };
  const { config } = loadConfig({ env, cwd: scratchPath("service-config") });
  const kept = { resultTtlSec: 7, failureTtlSec: 0 };
  expect([apiConfig(config), workerConfig(config)]).toMatchObject([kept, kept]);
});

test("what serve gives its parts has a reason, the pages too", () => {
  const cwd = scratchPath("service-config");
  const served = servedSettings(loadConfig({ env: {}, cwd }), "/home", cwd, "/pages");
  expect(served).toContainEqual({ name: "API__PAGES_ROOT", value: "/pages", why: "the pages of this installation" });
});

test("W&B's files of trainings are written where the configuration says so, into the home", () => {
  const cwd = scratchPath("service-config");
  const env = { WANDB__ENABLED: "yes", WANDB__PROJECT: "poems", APP__ARTIFACTS_ROOT: "/home" };
  const wandb = { name: "wandb", folder: "/home", project: "poems", entity: null };
  expect(workerConfig(loadConfig({ env, cwd }).config).trackers).toEqual([wandb]);
  expect(workerConfig(loadConfig({ env: { WANDB__PROJECT: "poems" }, cwd }).config).trackers).toEqual([]);
});

/** Known from files of other installations, so that these are no mistakes, and without effect here. */
const WITHOUT_EFFECT = ["appEnv", "app.logsRoot", "app.runsRoot", "hfHome", "hfToken", "redis.enabled", "rq.queueName"];

/** Every setting under its place in the configuration. */
const placesIn = (value: object, place = ""): string[] =>
  Object.entries(value).flatMap(([name, part]: [string, unknown]) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? placesIn(part, `${place}${name}.`)
      : [place + name],
  );

/** The same object, which notes what is read of it. */
function watched<T extends object>(value: T, read: Set<string>, place = ""): T {
  return new Proxy(value, {
    get(target, name, receiver) {
      const part: unknown = Reflect.get(target, name, receiver);
      const at = place + String(name);
      read.add(at);
      return typeof part === "object" && part !== null && !Array.isArray(part) ? watched(part, read, `${at}.`) : part;
    },
  });
}

test("every setting is read by somebody, but for those that older files may hold", () => {
  const cwd = scratchPath("service-config");
  const loaded = loadConfig({ env: { APP__DATA_BANK_API_URL: "http://bank", WANDB__ENABLED: "true" }, cwd });
  const read = new Set<string>();
  const config = watched(loaded.config, read);
  // What the strict schemas of API and worker do not know, they refuse: so what is taken over whole is read there.
  ApiConfig.parse(apiConfig(config));
  WorkerConfig.parse(workerConfig(config));
  servedSettings({ ...loaded, config }, cwd, cwd, "");
  read.add("apiGatewayUrl"); // goes into the file service's address
  expect(
    placesIn(loaded.config)
      .filter((place) => !read.has(place))
      .toSorted(),
  ).toEqual(WITHOUT_EFFECT.toSorted());
});
