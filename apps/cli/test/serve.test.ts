import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { containing, freePort, scratchPath } from "@trainer/testing";
import { startDiscord } from "@trainer/testing/discord";
import { startCollector } from "@trainer/testing/otlp-collector";
import { childrenOf } from "@trainer/testing/worker-process";
import { Redis } from "ioredis";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { commandLine } from "./command-line.js";
import { addresses, build, exited, serving, until } from "./serving.js";

beforeAll(build, 120_000);

const EXAMPLE = fileURLToPath(new URL("../../../examples/plugin", import.meta.url));
let home = "";
beforeEach(() => void (home = scratchPath("serve")));
const { trainer } = commandLine(() => home);
const ANY = ["--port", "0", "--data-bank-port", "0"];
const serve = (line: readonly string[] = [], env: Record<string, string> = {}) =>
  serving([...ANY, ...line], { TRAINER_HOME: home, ...env }, home);

const mode = (file: string) => (statSync(join(home, file)).mode & 0o777).toString(8);
const keys = () => z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(join(home, "keys.json"), "utf8")));

async function withRedis<T>(url: string | undefined, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(String(url));
  const result = await use(redis);
  await redis.quit();
  return result;
}

test("everything comes up with a line each, says where its keys are, and keeps them to itself", async () => {
  const { io, ended, interrupt } = await serve();
  const { redis, "data-bank": bank, worker, api } = addresses(home);
  expect(io.stdout.text).toMatch(new RegExp(`^api +${api.url} +ready in \\d+ ms$`, "m"));
  const asked = (key: string) => fetch(`${api.url}/runs`, { headers: { "x-api-key": key } });
  expect([(await asked("")).status, (await asked(String(keys()["api_key"]))).status]).toEqual([401, 200]);
  expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  expect(io.stdout.text).toMatch(/^worker +pid \d+ +ready in \d+ ms$/m);
  expect(io.stdout.text).toMatch(new RegExp(`^redis +${home}/redis/redis\\.sock +ready in \\d+ ms$`, "m"));
  expect(io.stdout.text).toMatch(new RegExp(`^data-bank +${bank.url} +ready in \\d+ ms$`, "m"));
  expect(io.stdout.text).toContain(`api_key in ${join(home, "keys.json")}`);
  expect([mode("keys.json"), mode("serve.json"), mode("redis")]).toEqual(["600", "600", "700"]);
  for (const key of Object.values(keys())) expect(io.stdout.text + io.stderr.text).not.toContain(key);

  const upload = (key: string) => {
    const body = new FormData();
    body.append("file", new Blob(["hello"]));
    return fetch(`${bank.url}/files`, { method: "POST", body, headers: { "x-api-key": key } });
  };
  expect([(await upload("")).status, (await upload(String(keys()["data_bank_key"]))).status]).toEqual([401, 201]);
  const [, memory] = await withRedis(redis.url, (client) => client.config("GET", "maxmemory"));
  expect(Number(memory)).toBeGreaterThan(64 << 20);
  const settings = await withRedis(redis.url, (client) => client.config("GET", "append*"));
  expect(settings).toEqual(expect.arrayContaining(["appendonly", "yes", "appendfsync", "everysec"]));

  const second = await trainer(["serve", ...ANY]);
  expect(second).toMatchObject({ code: 1, stderr: containing(`${home} is being served already, by process`) });
  expect(second.stderr).toContain(`data-bank  ${bank.url}`);
  expect(second.stderr).not.toContain(keys()["redis_password"]);

  interrupt();
  expect(await ended).toBe(0);
  await Promise.all([redis, bank, worker, api].map(({ pid }) => exited(Number(pid))));
  expect(existsSync(join(home, "serve.json"))).toBe(false);
});

test("a plugin's store keeps the files, and its options are its own", async () => {
  cpSync(EXAMPLE, join(home, "node_modules/trainer-plugin-example"), { recursive: true }); // nothing it imports lies near
  const options = { STORE: "memory", STORE_OPTIONS: '{"maxBytes": 1000}' };
  const { ended, interrupt } = await serve(["--plugin", "trainer-plugin-example"], options);
  const { "data-bank": bank, worker, api } = addresses(home);
  const send = async (content: string) => {
    const body = new FormData();
    body.append("file", new Blob([content]));
    const headers = { "x-api-key": String(keys()["data_bank_key"]) };
    return (await fetch(`${bank.url}/files`, { method: "POST", body, headers })).status;
  };
  expect([await send("hello"), await send("x".repeat(2000))]).toEqual([201, 507]);
  expect(existsSync(join(home, "files"))).toBe(false);
  for (const { pid } of [worker, api])
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("STORE_OPTIONS");
  interrupt();
  expect(await ended).toBe(0);
});

test("metrics are served where a port is set, traces are sent to their end, and no process that opens models can log in there", async () => {
  await using collector = await startCollector();
  const port = await freePort();
  const { ended, interrupt } = await serve([], {
    WORKER__METRICS_PORT: String(port),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20s3cret",
  });
  const { "data-bank": bank, worker, api } = addresses(home);
  expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain("worker_jobs_in_progress");
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const listed = await fetch(`${api.url}/runs`, { headers: { "x-api-key": String(keys()["api_key"]), traceparent } });
  expect(listed.status).toBe(200);
  await fetch(`${bank.url}/files/none`, { headers: { traceparent } });
  const children = await vi.waitUntil(() => childrenOf(worker.pid).length > 0 && childrenOf(worker.pid));
  for (const pid of children) expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("s3cret");
  interrupt();
  expect(await ended).toBe(0);
  const spans = collector.spans.map(({ name, traceId, resource }) => [name, traceId, resource["service.name"]]);
  const trace = traceparent.split("-")[1];
  expect(spans).toContainEqual(["GET /runs", trace, "model-trainer-api"]);
  expect(spans).toContainEqual(["GET /files/:id", trace, "data-bank-api"]);
  expect(new Set(collector.headers.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer s3cret"]));
});

test("what Redis holds is there again after a restart, and keys stay", async () => {
  const first = await serve(["--json"]);
  await withRedis(addresses(home).redis.url, (redis) => redis.set("kept", "yes"));
  const made = keys();
  first.interrupt();
  await first.ended;
  const again = await serve();
  expect(await withRedis(addresses(home).redis.url, (redis) => redis.get("kept"))).toBe("yes");
  expect(keys()).toEqual(made);
  again.interrupt();
  await again.ended;
});

test("a part that is killed comes back where it was, with what it knew", async () => {
  const { io, ended, interrupt } = await serve();
  const before = addresses(home);
  await withRedis(before.redis.url, (redis) => redis.set("kept", "yes"));
  for (const name of ["redis", "data-bank", "worker", "api"] as const) {
    process.kill(Number(before[name].pid), "SIGKILL");
    await until(() => addresses(home)[name].pid !== before[name].pid);
    expect(io.stderr.text).toContain(`${name} is down: it `);
  }
  expect(io.stderr.text).toMatch(
    /redis is down: it ended with code 1\n {4}\S*redis-server was ended by SIGKILL\n {2}start/,
  );
  const after = addresses(home);
  const urls = (places: typeof after) => [places.redis.url, places["data-bank"].url, places.api.url];
  expect(urls(after)).toEqual(urls(before));
  expect(await withRedis(after.redis.url, (redis) => redis.get("kept"))).toBe("yes");
  expect((await fetch(`${after["data-bank"].url}/healthz`)).status).toBe(200);
  await until(async () => (await fetch(`${after.api.url}/readyz`)).ok);
  interrupt();
  await until(() => io.stderr.text.includes("stopping"));
  interrupt(); // once more: at once
  expect(await ended).toBe(0);
  await Promise.all([after.redis, after["data-bank"]].map(({ pid }) => exited(Number(pid))));
});

test("a training that is under way is saved by a stop, and goes on at the next start", async () => {
  mkdirSync(join(home, "corpus"));
  writeFileSync(join(home, "corpus", "text.txt"), "the cat sat on the mat, and the dog on the log\n".repeat(400));
  const step = async (run: string) => {
    const response = await ask(`/runs/${run}/logs?tail=1000`);
    const steps = [...(await response.text()).matchAll(/"event":"run_step","steps":(\d+)/g)];
    return Number(steps.at(-1)?.[1] ?? 0);
  };
  const ask = (path: string, body?: object) =>
    fetch(`${addresses(home).api.url}${path}`, {
      headers: { "x-api-key": String(keys()["api_key"]) },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
  const id = async (response: Response, name: string) =>
    z.record(z.string(), z.unknown()).parse(await response.json())[name];

  const first = await serve();
  const corpus = { corpus_path: "text.txt" };
  const tokenizer = await id(await ask("/tokenizers/train", { ...corpus, vocab_size: 300 }), "tokenizer_id");
  await until(async () => (await (await ask(`/tokenizers/${tokenizer}`)).text()).includes("completed"));
  const model = { model_family: "char_lstm", model_size: "tiny", max_seq_len: 16, num_epochs: 1000 };
  const run = String(await id(await ask("/runs/train", { ...corpus, ...model, tokenizer_id: tokenizer }), "run_id"));
  await until(async () => (await step(run)) > 10);
  first.interrupt();
  expect(await first.ended).toBe(0);

  const again = await serve();
  const before = await step(run);
  await until(async () => (await step(run)) > before);
  expect(await (await ask(`/runs/${run}`)).json()).toMatchObject({ status: "running", error: null });
  expect((await (await ask(`/runs/${run}/logs?tail=1000`)).text()).split("run_start")).toHaveLength(3); // begun twice
  again.interrupt();
  await again.ended;
});

test("when the whole is killed, no part lives on", async () => {
  const trainer = fileURLToPath(new URL("../bin/trainer.js", import.meta.url));
  const whole = spawn(process.execPath, [trainer, "serve", "--home", home, ...ANY], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let said = "";
  whole.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  await until(() => said.includes("addresses"));
  const { redis, "data-bank": bank, worker, api } = addresses(home);
  const dead = once(whole, "exit");
  whole.kill("SIGKILL");
  await dead; // a process that is ending still holds its home
  // The next one may come at once, on the same ports: lock, addresses and dying parts of the last are no hindrance.
  const again = await serve(["--data-bank-port", new URL(String(bank.url)).port]);
  await Promise.all([redis, bank, worker, api].map(({ pid }) => exited(Number(pid))));
  again.interrupt();
  expect({ code: await again.ended, said: again.io.stderr.text }).toMatchObject({ code: 0 });
});

test("a port in use is named, with how to choose another, and nothing is left running", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = z.object({ port: z.number() }).parse(taken.address());
  for (const [line, variable] of [
    [["--data-bank-port", String(port), "--port", "0"], "DATA_BANK_PORT"],
    [["--port", String(port)], "PORT"],
  ] as const) {
    const { code, stderr } = await trainer(["serve", ...line], { cwd: home });
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} of 127.0.0.1`);
    expect(stderr).toContain(`in use: choose another with ${variable}=${port + 10}`);
  }
  taken.close();
  const elsewhere = await trainer(["serve", "--host", "203.0.113.1"], { cwd: home, env: { SECURITY__API_KEY: "k" } });
  expect(elsewhere).toMatchObject({ code: 1, stderr: containing("this machine has no address 203.0.113.1") });
});

test("a Redis and a file service that are given are used, and must answer", async () => {
  const outer = await serve();
  const { redis, "data-bank": bank } = addresses(home);
  const inner = join(home, "inner");
  const there = { TRAINER_HOME: inner, REDIS_URL: String(redis.url), APP__DATA_BANK_API_URL: String(bank.url) };
  const refused = await trainer(["serve", ...ANY], { cwd: home, env: there });
  expect(refused).toMatchObject({ code: 1, stderr: containing("wants a key: set APP__DATA_BANK_API_KEY") });
  const env = { ...there, APP__DATA_BANK_API_KEY: String(keys()["data_bank_key"]) };
  const { interrupt, ended } = await serving(ANY, env, home);
  expect(addresses(inner)).toMatchObject({ redis: { url: redis.url }, "data-bank": { url: bank.url } });
  expect(addresses(inner).redis.pid).toBeUndefined();
  expect((statSync(inner).mode & 0o777).toString(8)).toBe("700"); // it was not there at first
  interrupt();
  await ended;
  expect(await withRedis(redis.url, (client) => client.ping())).toBe("PONG");
  outer.interrupt();
  await outer.ended;

  const { code, stderr } = await trainer(["serve", ...ANY], {
    cwd: home,
    env: { REDIS_URL: "redis://:pw@127.0.0.1:1" },
  });
  expect(code).toBe(1);
  expect(stderr).toContain("the Redis at redis://127.0.0.1:1 cannot be used (connect ECONNREFUSED 127.0.0.1:1)");
});

test("keys and settings that are given are used, and records go to stderr where that is wanted", async () => {
  writeFileSync(join(home, ".env"), "SECURITY__API_KEY=s3cret\nAPI_UPLOAD_KEYS=up, other\nLOG_LEVEL=debug\n");
  const { io, ended, interrupt } = await serve(["--host", "127.0.0.1", "--logs"]);
  expect(io.stdout.text).toContain("the given SECURITY__API_KEY");
  expect(io.stderr.text).toContain("Server listening at");
  expect(io.stdout.text + io.stderr.text).not.toContain("s3cret");
  interrupt();
  await ended;
});

/** The variables of a process as it was started. */
const environ = (pid: unknown): Record<string, string> =>
  Object.fromEntries(
    readFileSync(`/proc/${Number(pid)}/environ`, "utf8")
      .split("\0")
      .map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]),
  );

test("each part finds in its environment the secrets that are for it, and what trains finds none", async () => {
  writeFileSync(join(home, ".env"), "SECURITY__API_KEY=of-api\nAPI_UPLOAD_KEYS=of-files\n");
  const others = { AWS_SECRET_ACCESS_KEY: "of-bucket", HF_TOKEN: "of-hub", TRAINER_API_KEY: "of-user" };
  const { ended, interrupt } = await serve([], others);
  const parts = addresses(home);
  const children = () => readFileSync(`/proc/${parts.worker.pid}/task/${parts.worker.pid}/children`, "utf8").trim();
  const program = (pid: unknown) => readFileSync(`/proc/${Number(pid)}/cmdline`, "utf8");
  const started = () =>
    children()
      .split(" ")
      .find((pid) => pid !== "" && program(pid) !== program(parts.worker.pid));
  await until(() => started() !== undefined); // until then it is the worker's own copy, with its environment
  const child = started();
  const secrets = ["of-api", "of-files", "of-bucket", "of-hub", "of-user", String(parts.redis.url)];
  const known = (pid: unknown) => secrets.filter((secret) => Object.values(environ(pid)).includes(secret)).join();
  expect({
    api: known(parts.api.pid),
    files: known(parts["data-bank"].pid),
    worker: known(parts.worker.pid),
    child: known(child),
    redis: known(parts.redis.pid),
  }).toEqual({
    api: `of-api,of-files,${parts.redis.url}`,
    files: `of-files,of-bucket,${parts.redis.url}`,
    worker: `of-files,${parts.redis.url}`,
    child: "",
    redis: "",
  });
  expect(environ(child)["TRAINER_HOME"]).toBe(home); // it has what is no secret
  interrupt();
  expect(await ended).toBe(0);
});

test("the bot comes up where it has a token, and the rest does without it until it can", async () => {
  const token = "is not a bot's token";
  const without = await serve([], { DISCORD_TOKEN: "no-token" });
  const tries = () => readFileSync(join(home, "logs", "discord-bot.log"), "utf8").split(token).length - 1;
  await until(() => tries() > 2);
  expect(without.io.stderr.text.split(token)).toHaveLength(2); // said once
  without.interrupt();
  expect(await without.ended).toBe(0);
  const early = await serve([], { DISCORD_TOKEN: "no-token" });
  early.interrupt(); // while the bot starts
  expect(await early.ended).toBe(0);

  await using discord = await startDiscord();
  discord.world.owner = "987654321098765432";
  const env = { DISCORD_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, TRAINER_HOME: home };
  const { io, ended, interrupt } = await serving(ANY, env, home);
  await until(() => /^discord-bot +pid \d+ +ready in/m.test(io.stdout.text));
  interrupt();
  expect(await ended).toBe(0);
});

test("a machine without a Redis gets one from the cache, or is told how to get one", async () => {
  const [bin, cache] = [join(home, "bin"), join(home, "cache")];
  const folder = join(cache, `valkey-9.1.2.post2-${process.platform}-${process.arch}`);
  mkdirSync(bin);
  mkdirSync(folder, { recursive: true });
  const env = { PATH: bin, TRAINER_CACHE: cache };
  const nothing = { TRAINER_CACHE: join(home, "empty"), PIP_NO_INDEX: "1", PIP_FIND_LINKS: home };
  const none = await trainer(["serve", ...ANY], { cwd: home, env: nothing });
  expect(none).toMatchObject({
    code: 1,
    stderr: containing("error: There is no redis-server or valkey-server here, and Valkey could not be fetched"),
  });
  expect(none.stderr).toContain("apt-get install redis-server");
  const installed = String(process.env["PATH"])
    .split(":")
    .map((each) => join(each, "redis-server"))
    .find(existsSync);
  symlinkSync(String(installed), join(folder, "redis-server"));
  const { io, ended, interrupt } = await serve([], env);
  expect(io.stderr.text).toContain("no redis-server or valkey-server is installed here");
  interrupt();
  expect(await ended).toBe(0);
});

test("other machines are not let in before there is a key", async () => {
  const { code, stderr } = await trainer(["serve", ...ANY, "--host", "0.0.0.0"], { cwd: home });
  expect([code, stderr]).toEqual([1, containing("listening on 0.0.0.0 lets other machines in, and no key was given")]);
  expect(existsSync(join(home, "keys.json"))).toBe(false);
});

test("a part that does not come up is named with its own reason, and the others are stopped again", async () => {
  const { code, stdout, stderr } = await trainer(["serve", ...ANY], {
    cwd: home,
    env: { PATH: process.env["PATH"], S3_BUCKET: "b" },
  });
  expect(code).toBe(1);
  expect(stderr).toContain("data-bank does not come up: it ended with code 1\n    error: the environment is wrong:");
  expect(stderr).toContain("S3_BUCKET: needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY too");
  expect(stdout).toMatch(/^redis +\S+redis\.sock +ready in \d+ ms\n$/);
});

test("keys that are no keys are named", async () => {
  writeFileSync(join(home, "keys.json"), "{}");
  const { code, stderr } = await trainer(["serve", ...ANY]);
  expect([code, stderr]).toEqual([
    1,
    containing("keys.json should be JSON with api_key, data_bank_key, redis_password"),
  ]);
});

test("a stop that comes while it starts ends it", async () => {
  const { io, ended, interrupt } = await serving(ANY, { TRAINER_HOME: home }, home, /^redis/m);
  interrupt();
  expect(await ended).toBe(1); // of a real signal, interrupts.ts makes 130 and the like
  expect(io.stderr.text).toContain("stopping");
  expect(existsSync(join(home, "serve.json"))).toBe(false);
});
