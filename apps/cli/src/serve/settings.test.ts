import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Env } from "@trainer/platform";
import { scratchPath } from "@trainer/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { loadConfig } from "./settings.js";

let cwd = "";
beforeEach(() => void (cwd = scratchPath("config")));

const load = (env: Env = {}) => loadConfig({ env, cwd });
const sourceOf = (env: Env, name: string) => load(env).sources.find((each) => each.env[0] === name)?.source;
const dotenv = (text: string) => writeFileSync(join(cwd, ".env"), text);
function toml(text: string) {
  mkdirSync(join(cwd, "config"), { recursive: true });
  writeFileSync(join(cwd, "config", "app.toml"), text);
}

test("the names that services are reached by are a list", () => {
  expect(load({ PUBLIC_HOSTS: "a.example.org, b.example.org," }).config.publicHosts).toEqual([
    "a.example.org",
    "b.example.org",
  ]);
  toml('public_hosts = [" a.example.org"]');
  expect(load().config.publicHosts).toEqual(["a.example.org"]);
  toml('public_hosts = "a.example.org"');
  expect(() => load()).toThrow('must be a list of texts, as in ["a", "b"]');
});

test("proxies that are believed are addresses or ranges, by the environment or by TOML", () => {
  const proxies = (env: Env) => load(env).config.api.trustedProxies;
  expect(proxies({ API__TRUSTED_PROXIES: "10.0.0.7, fd00::/8,10.1.0.0/16" })).toEqual([
    "10.0.0.7",
    "fd00::/8",
    "10.1.0.0/16",
  ]);
  for (const wrong of [
    "proxy.example.org",
    "10.0.0.0/33",
    "10.0.0.0/0",
    "fd00::/129",
    "10.0.0.0/8/8",
    "10.0.0.0/",
    "true",
  ])
    expect(() => proxies({ API__TRUSTED_PROXIES: wrong })).toThrow("must be IP addresses or ranges");
  toml('[api]\ntrusted_proxies = ["127.0.0.1"]');
  expect(proxies({})).toEqual(["127.0.0.1"]);
});

test("without anything set, every setting has its default", () => {
  const { config, sources } = load();
  expect(config).toEqual({
    appEnv: "dev",
    logging: { level: "info" },
    redis: { url: "redis://redis:6379/0", enabled: true },
    bindHost: "127.0.0.1",
    publicHosts: [],
    port: 8000,
    dataBankPort: 8001,
    apiGatewayUrl: "",
    plugins: [],
    rq: {
      queueName: "trainer",
      jobTimeoutSec: 86_400,
      resultTtlSec: 86_400,
      failureTtlSec: 604_800,
      retryMax: 1,
      retryIntervalsSec: [300],
    },
    app: {
      dataRoot: "/data",
      artifactsRoot: "/data/artifacts",
      runsRoot: "/data/runs",
      logsRoot: "/data/logs",
      threads: 0,
      tokenizerSampleMaxLines: 10_000,
      dataBankApiUrl: "",
      dataBankApiKey: "",
      cleanup: { enabled: true, verifyUpload: true, gracePeriodSeconds: 0, dryRun: false },
      corpusCacheCleanup: {
        enabled: false,
        maxBytes: 10_737_418_240,
        minFreeBytes: 2_147_483_648,
        evictionPolicy: "lru",
      },
      binsCleanup: { enabled: true, maxBytes: 53_687_091_200, maxUnusedDays: 30 },
      tokenizerCleanup: { enabled: false, minUnusedDays: 30 },
    },
    api: {
      bodyBytes: 16_777_216,
      requestsPerMinute: 60_000,
      trustedProxies: [],
      streamsPerClient: 1000,
      queueLimit: 10_000,
      wrongKeysPerMinute: 100,
      pagesRoot: "",
    },
    worker: {
      trainings: 1,
      answers: 8,
      answerTimeoutSec: 3600,
      metricsPort: 0,
      models: { count: 4, bytes: 4_294_967_296, idleSec: 600 },
    },
    security: { apiKey: "" },
    wandb: { enabled: false, project: "model-trainer" },
    hfHome: "/hf-cache",
    hfToken: "",
  });
  expect(new Set(sources.map(({ source }) => source))).toEqual(new Set(["default"]));
});

describe("precedence", () => {
  test("the environment comes before .env, .env before the file, the file before the default; blank is unset", () => {
    toml('[app]\nthreads = 2\ndata_root = "/toml"\n\n[logging]\nlevel = "ERROR"\n[redis]\nurl = "  "\n');
    dotenv("# comment\nexport APP__DATA_ROOT=/dotenv\nAPP__THREADS=3\nPORT=\n");
    const env = { APP__THREADS: " 4 ", APP__DATA_ROOT: " " };
    expect(load(env).config).toMatchObject({
      app: { threads: 4, dataRoot: "/dotenv" },
      logging: { level: "error" },
      port: 8000,
      redis: { url: "redis://redis:6379/0" },
    });
    expect(sourceOf(env, "APP__THREADS")).toBe("the environment");
    expect(sourceOf(env, "APP__DATA_ROOT")).toBe(".env:2");
    expect(sourceOf(env, "LOGGING__LEVEL")).toBe("config/app.toml:6");
  });

  test("REDIS__URL comes before REDIS_URL, but the environment's REDIS_URL before .env's REDIS__URL", () => {
    const [a, b] = ["redis://a:1", "redis://b:2"];
    expect(load({ REDIS_URL: a, REDIS__URL: b }).config.redis.url).toBe(b);
    dotenv(`REDIS__URL=${b}`);
    expect(load({ REDIS_URL: a }).config.redis.url).toBe(a);
    expect(load().config.redis.url).toBe(b);
  });

  test("a gateway is the way to the file service, whatever its own address", () => {
    const env = { API_GATEWAY_URL: "https://gw/", APP__DATA_BANK_API_URL: "http://direct" };
    expect(load(env).config.app.dataBankApiUrl).toBe("https://gw/data-bank");
    expect(sourceOf(env, "APP__DATA_BANK_API_URL")).toBe("API_GATEWAY_URL");
  });

  test("a gateway's address may end in slashes, and the other settings are shown as they were set", () => {
    const { config, sources } = load({ API_GATEWAY_URL: "https://gw//", PORT: "9" });
    expect(config.app.dataBankApiUrl).toBe("https://gw/data-bank");
    const shown = new Map(sources.map(({ env, value, source }) => [env[0], { value, source }]));
    expect(shown.get("APP__DATA_BANK_API_URL")?.value).toBe("https://gw/data-bank");
    expect(shown.get("PORT")).toEqual({ value: 9, source: "the environment" });
  });

  test("services with variables of their own get those of .env too, and none of the file's", () => {
    dotenv("API_UPLOAD_KEYS=a\nLOG_LEVEL=debug");
    toml("port = 9");
    expect(load({ LOG_LEVEL: "error", HOME: "/h" }).env).toEqual({
      API_UPLOAD_KEYS: "a",
      LOG_LEVEL: "error",
      HOME: "/h",
    });
  });
});

test("text of the environment becomes what the setting is", () => {
  expect(
    load({
      APP_ENV: "prod",
      LOG_LEVEL: "WARNING",
      RQ__RETRY_INTERVALS_SEC: "10, 60",
      APP__CLEANUP__ENABLED: "Off",
      APP__CORPUS_CACHE_CLEANUP__EVICTION_POLICY: "oldest",
      REDIS_URL: "rediss://:pw@cache:1/0",
      PORT: "0",
    }).config,
  ).toMatchObject({
    appEnv: "prod",
    logging: { level: "warn" },
    rq: { retryIntervalsSec: [10, 60] },
    app: { cleanup: { enabled: false }, corpusCacheCleanup: { evictionPolicy: "oldest" } },
    redis: { url: "rediss://:pw@cache:1/0" },
    port: 0,
  });
});

test("the bounds of a number are themselves allowed", () => {
  expect(load({ WORKER__TRAININGS: "1", PORT: "65535" }).config).toMatchObject({
    worker: { trainings: 1 },
    port: 65_535,
  });
  expect(() => load({ PORT: "65536" })).toThrow("must be a port");
  toml("port = 65535\n[worker]\ntrainings = 1");
  expect(load().config).toMatchObject({ worker: { trainings: 1 }, port: 65_535 });
});

test("a list of which nothing is left is none", () => {
  const none = "must be one whole number at least, as in 60,300";
  expect(() => load({ RQ__RETRY_INTERVALS_SEC: "," })).toThrow(
    `RQ__RETRY_INTERVALS_SEC = "," (the environment): ${none}`,
  );
  toml("[rq]\nretry_intervals_sec = []");
  expect(() => load()).toThrow(`rq.retry_intervals_sec = [] (config/app.toml:2): ${none}`);
});

test("a setting says what it must be, in words for the place where it is set", () => {
  const wrong = (name: string, value: string) => () => load({ [name]: value });
  expect(wrong("RQ__RETRY_INTERVALS_SEC", "10,x")).toThrow(/: must be a whole number$/);
  expect(wrong("RQ__JOB_TIMEOUT_SEC", "1.5")).toThrow(/: must be a whole number$/);
  expect(wrong("WORKER__ANSWER_TIMEOUT_SEC", "0")).toThrow(/: must be a whole number from 1$/);
  expect(wrong("PORT", "eighty")).toThrow(/: must be a port: a whole number from 0 to 65535$/);
  expect(wrong("APP__CORPUS_CACHE_CLEANUP__EVICTION_POLICY", "fifo")).toThrow(/: must be "lru" or "oldest"$/);
  expect(wrong("API_GATEWAY_URL", "ftp://x")).toThrow(/: must be http:\/\/… or https:\/\/…$/);
  toml("[rq]\nretry_intervals_sec = [10, -1]\njob_timeout_sec = 1.5\n[worker]\ntrainings = '2'\n[app]\nthreads = -1");
  expect(() => load()).toThrow(
    [
      "rq.job_timeout_sec = 1.5 (config/app.toml:3): must be a whole number from 0",
      "rq.retry_intervals_sec = [10,-1] (config/app.toml:2): must be a whole number from 0",
      "app.threads = -1 (config/app.toml:7): must be a whole number from 0",
      'worker.trainings = "2" (config/app.toml:5): must be a whole number from 1',
    ].join("\n  "),
  );
});

test("TOML's own types are wanted in the file, dotted keys and inline tables included", () => {
  toml(
    'app.cleanup = { enabled = false, dry_run = true }\nrq.retry_intervals_sec = [1, 2]\nport = 1\napp_env = "prod"',
  );
  expect(load().config).toMatchObject({
    app: { cleanup: { enabled: false, dryRun: true } },
    rq: { retryIntervalsSec: [1, 2] },
    port: 1,
    appEnv: "prod",
  });
  expect(sourceOf({}, "APP__CLEANUP__DRY_RUN")).toBe("config/app.toml:1");
});

test("a level that nobody knows is info, as clients of old set what they like", () => {
  expect(load({ LOGGING__LEVEL: "LOUD" }).config.logging.level).toBe("info");
});

test("one error names all that is wrong, with value, place and what may have been meant", () => {
  dotenv("REDIS_ULR=redis://x\nOTHER_TOOLS_VARIABLE=1\nAPP__CLEANUP__DRY_RUN=perhaps\n");
  toml(
    [
      'port = "8000"',
      "[app]",
      'threads = "4" # per process',
      "made = 2020-01-01",
      "[app.cleanup]",
      "enabled = 1",
      "[[unknown.list]]",
      "[rq]",
      'retry_intervals_sec = "60"',
    ].join("\n"),
  );
  const env = {
    APP__THREADS: "four",
    RQ__QUEUE_NAME: "other",
    WANDB__PROJET: "p",
    PATH: "/bin",
    X__Y: "1",
    PORT: "70000",
  };
  expect(() => load(env)).toThrow(
    [
      "the configuration is wrong:",
      'PORT = "70000" (the environment): must be a port: a whole number from 0 to 65535',
      'RQ__QUEUE_NAME = "other" (the environment): must be "trainer"',
      'rq.retry_intervals_sec = "60" (config/app.toml:9): must be whole numbers, as in [60, 300]',
      'APP__THREADS = "four" (the environment): must be a whole number',
      "app.cleanup.enabled = 1 (config/app.toml:6): must be true or false, without quotes",
      'APP__CLEANUP__DRY_RUN = "perhaps" (.env:3): must be true or false',
      'WANDB__PROJET = "p" (the environment): there is no such setting; did you mean WANDB__PROJECT?',
      'REDIS_ULR = "redis://x" (.env:1): there is no such setting; did you mean REDIS_URL?',
      'app.made = "2020-01-01" (config/app.toml:4): there is no such setting',
      "unknown.list = [{}] (config/app.toml:7): there is no such setting",
    ].join("\n  "),
  );
});

test("a setting that is set to something odd in the file is named with its line", () => {
  const none = () => load({ WORKER__TRAININGS: "0" });
  expect(none).toThrow('WORKER__TRAININGS = "0" (the environment): must be a whole number from 1');
  toml(
    '[redis]\nurl = "http://x"\n[app]\ncleanup = 3\ndata_root = 5\nthreads.count = 2\n[other]\nkey = "s3cret"\n["a # b"]\nc=1',
  );
  expect(() => load()).toThrow(
    [
      'redis.url = "http://x" (config/app.toml:2): must be redis://… or rediss://…',
      "app.data_root = 5 (config/app.toml:5): must be text, in quotes",
      "app.cleanup = 3 (config/app.toml:4): there is no such setting",
      "app.threads.count = 2 (config/app.toml:6): there is no such setting",
      "other.key = (hidden) (config/app.toml:8): there is no such setting",
      "a # b.c = 1 (config/app.toml): there is no such setting",
    ].join("\n  "),
  );
});

test("a line is found however it is written, and not in what is commented out", () => {
  dotenv("# APP__THREADS = 1\n  export  APP__THREADS = four\n");
  expect(() => load()).toThrow('APP__THREADS = "four" (.env:2)');
  dotenv("");
  toml('# port = 1\n  port="x"\n  [ app ]\n  # threads = 1\n  threads="y"');
  expect(() => load()).toThrow('port = "x" (config/app.toml:2): ');
  expect(() => load()).toThrow('app.threads = "y" (config/app.toml:5): ');
});

test("a slip is looked for in .env alone, and only as far as the name is long", () => {
  expect(load({ REDIS_ULR: "redis://x", PART: "1" }).config.port).toBe(8000);
  dotenv("HOST=1\nPERL5LIB=/x\nBIND_ADDRESS=y\n");
  expect(load().config.port).toBe(8000);
  dotenv("PART=1\n");
  expect(() => load()).toThrow('PART = "1" (.env:1): there is no such setting; did you mean PORT?');
});

test("neither secrets nor passwords in addresses are repeated", () => {
  toml('[security]\napi_key = 5\n[redis]\nurl = "redis:me:pw@host"');
  expect(() => load()).toThrow("security.api_key = (hidden) (config/app.toml:2)");
  expect(() => load({ REDIS_URL: "http://u:pw@h" })).toThrow('REDIS_URL = "http://***@h"');
  toml("");
  const env = { SECURITY__API_KEY: "s3cret", REDIS_URL: "redis://:pw@h:1" };
  const shown = JSON.stringify(load(env).sources);
  expect(shown).not.toMatch(/s3cret|pw/);
  expect(shown).toContain('"redis://***@h:1"');
  expect(load(env).config.security.apiKey).toBe("s3cret");
});

test.each([
  ["redis://:p@s/cr?et@h:1/0", "redis://***@h:1/0"],
  ["redis://me:se@cret@h:1/0", "redis://***@h:1/0"],
  ["redis:me:secret@h", "redis:***@h"],
  ["redis://h:1/0?password=secret&db=2&username=secret", "redis://h:1/0?password=***&db=2&username=***"],
  ["redis://socket.invalid/0?path=%2Frun%2Fredis.sock", "redis://socket.invalid/0?path=%2Frun%2Fredis.sock"],
])("of the address %s is shown %j", (url, expected) => {
  expect(load({ REDIS_URL: url }).sources.find(({ toml }) => toml === "redis.url")?.value).toBe(expected);
});

test("an address in a list is shown without its password too", () => {
  const { config, sources } = load({ PLUGINS: "https://me:pw@host/a.js,mine" });
  expect(config.plugins[0]).toContain("pw");
  expect(sources.find(({ toml }) => toml === "plugins")?.value).toEqual(["https://***@host/a.js", "mine"]);
});

test("the file may be another one, which must be there and be TOML", () => {
  writeFileSync(join(cwd, "mine.toml"), "port = 9\n");
  expect(load({ APP_CONFIG_FILE: "mine.toml" }).config.port).toBe(9);
  expect(load({ APP_CONFIG_FILE: " mine.toml " }).config.port).toBe(9);
  dotenv("APP_CONFIG_FILE=none.toml");
  expect(() => load()).toThrow("APP_CONFIG_FILE=none.toml (.env:1): there is no such file");
  writeFileSync(join(cwd, "broken.toml"), '[security]\napi_key = "s3cret\n');
  const broken = () => load({ APP_CONFIG_FILE: join(cwd, "broken.toml") });
  expect(broken).toThrow(/broken\.toml:2:\d+: Invalid TOML document/);
  expect(broken).not.toThrow("s3cret");
});

describe("the examples", () => {
  const root = fileURLToPath(new URL("../../../../", import.meta.url));
  const example = (name: string) => readFileSync(join(root, name), "utf8");

  test("config/app.example.toml has every setting, at its default", () => {
    const { config: defaults, sources } = load();
    toml(example("config/app.example.toml").replaceAll(/^# (?=[a-z_]+ = )/gm, ""));
    const { config, sources: set } = load();
    expect(config).toEqual(defaults);
    // A setting whose default is "" counts as unset, and so keeps no place: it is checked by its name.
    const unset = set.filter(({ source }) => source === "default").map(({ toml }) => toml);
    expect(unset).toEqual(sources.filter(({ value }) => value === "").map(({ toml }) => toml));
    for (const path of unset) expect(example("config/app.example.toml")).toContain(`# ${path.split(".").at(-1)} = ""`);
  });

  test(".env.example has every secret, and nothing that is refused", () => {
    const text = example(".env.example").replaceAll(/(?<=^\w+)=$/gm, "=redis://filled.in");
    dotenv(text.replaceAll(/(?<=_API_URL=).*/g, "http://filled.in"));
    const { sources } = load();
    const secrets = sources.filter(({ value }) => value === "(hidden)").map(({ env }) => env[0]);
    expect(secrets).toEqual(["APP__DATA_BANK_API_KEY", "SECURITY__API_KEY", "HF_TOKEN"]);
  });
});
