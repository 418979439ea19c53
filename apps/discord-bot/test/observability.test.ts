import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startApi } from "@trainer/api";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { tracingConfig } from "@trainer/platform/tracing";
import { freePort, scratchPath } from "@trainer/testing";
import { ask } from "@trainer/testing/api";
import { startCollector } from "@trainer/testing/otlp-collector";
import { startSystem } from "@trainer/testing/system";
import { expect, test, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { startWorld, USER } from "./world.js";

const FOLDER = fileURLToPath(new URL("../../../deploy/observability/", import.meta.url));
const read = (name: string) => readFileSync(join(FOLDER, name), "utf8");

const Dashboard = z.object({
  panels: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      type: z.enum(["row", "timeseries", "stat"]),
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int(), h: z.int() }),
      targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).default([]),
    }),
  ),
});
const Rules = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(["page", "ticket"]) }),
          annotations: z.object({ summary: z.string(), action: z.string() }),
        }),
      ),
    }),
  ),
});
const Scrapes = z.object({ scrape_configs: z.array(z.object({ job_name: z.string() })) });

const { panels } = Dashboard.parse(JSON.parse(read("dashboard.json")));
const rules = Rules.parse(parse(read("alerts.yml"))).groups.flatMap((group) => group.rules);

/** A question to Prometheus, and the labels that are shown beside its answer. */
interface Query {
  readonly of: string;
  readonly expr: string;
  readonly shown: readonly string[];
}
const queries: Query[] = [
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat }) => ({ of: title, expr, shown: namesIn(legendFormat, /\{\{(\w+)\}\}/g) })),
  ),
  ...rules.map(({ alert, expr, annotations }) => ({
    of: alert,
    expr,
    shown: namesIn(Object.values(annotations).join(" "), /\$labels\.(\w+)/g),
  })),
];

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => name);
}

const METRIC = /\b((?:api|data_bank|discord_bot|nodejs|process|worker)_\w+)(?:\{([^}]*)\})?/g;
/** Labels that Prometheus itself adds. */
const ADDED = ["job", "instance", "le"];

/** Metrics of a scrape by their names, each with its labels. */
function metricsIn(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [, name = "", type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
    const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    for (const suffix of suffixes) found.set(name + suffix, new Set());
  }
  for (const [, name = "", labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm))
    for (const label of namesIn(labels, /(\w+)="/g)) found.get(name)?.add(label);
  return found;
}

/** All parts of a system, after one run and one question each that ended well or not. */
async function scrapeAll(): Promise<Map<string, Set<string>>> {
  await using collector = await startCollector();
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const tracing = tracingConfig(traced);
  await using system = await startSystem();
  const { root, redisServer } = system;
  const [workerPort, botPort] = [await freePort(), await freePort()];
  const files = { PORT: "0", MIN_FREE_GB: "0", DATA_ROOT: scratchPath("files"), API_UPLOAD_KEYS: "key", ...traced };
  await using bank = await startDataBank(dataBankConfig(files), { log: { write() {} } });
  const dataBank = { url: bank.url, apiKey: "key" };
  const home = { redisUrl: redisServer.url, artifactsRoot: root, dataRoot: root, dataBank, tracing };
  await using api = await startApi({ ...home, port: 0 }, { log: { write() {} } });
  await using worker = await system.startWorker({ ...home, metricsPort: workerPort });
  await using world = await startWorld({
    redis: redisServer,
    apiUrl: api.url,
    env: { DISCORD_METRICS_PORT: String(botPort) },
  });
  await world.discord.invoke({ user: USER, command: "trainer", sub: "status", options: { run_id: "none" } }).reply();
  await system.train("whole");
  await system.ended("whole");
  await system.train("running", { num_epochs: 100_000, early_stopping_patience: 100_000 });
  await system.until("running", ({ training }) => training?.val_loss !== undefined && training.val_loss !== null);
  const scrape = async () => {
    const urls = [
      `${api.url}/metrics`,
      `${bank.url}/metrics`,
      String(worker.metricsUrl),
      String(world.bot?.metricsUrl),
    ];
    return metricsIn((await Promise.all(urls.map(async (url) => (await ask(url)).text))).join("\n"));
  };
  return await vi.waitFor(async () => {
    const found = await scrape();
    expect(found.get("worker_run_val_loss")?.has("run_id")).toBe(true);
    expect(found.get("api_redis_memory_bytes")?.has("state")).toBe(true); // absent where Redis is slow to answer
    return found;
  });
}

/** Only where there is a GPU. */
const ABSENT: ReadonlySet<string> = new Set(["worker_child_gpu_memory_bytes"]);

test(
  "every metric and label that the dashboard and the alerts ask for is there in a running system",
  { timeout: 180_000 },
  async () => {
    const found = await scrapeAll();
    const wrong: string[] = [];
    for (const { of, expr, shown } of queries) {
      const uses = [...expr.matchAll(METRIC)];
      const known = new Set(ADDED);
      for (const [, name = "", selector = ""] of uses) {
        const labels = found.get(name);
        if (labels === undefined) wrong.push(`${of}: there is no metric ${name}`);
        if (ABSENT.has(name)) known.add("work");
        for (const label of labels ?? []) known.add(label);
        for (const label of namesIn(selector, /(\w+)\s*(?:=|!=|=~|!~)"/g))
          if (labels?.has(label) !== true && !ADDED.includes(label)) wrong.push(`${of}: ${name} has no label ${label}`);
      }
      const grouped = namesIn(expr, /\b(?:by|on|ignoring) \(([^)]*)\)/g).flatMap((list) => list.split(", "));
      for (const label of [...grouped, ...shown]) if (!known.has(label)) wrong.push(`${of}: no metric has ${label}`);
      if (uses.length === 0 && !expr.startsWith("up{")) wrong.push(`${of}: asks for no metric of ours`);
    }
    expect(wrong).toEqual([]);
    expect(queries.length).toBeGreaterThan(50);
  },
);

test("the dashboard's panels have numbers of their own, lie in its width and not upon each other", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

test("each alert has a name of its own and says what to do, and each job that it names is scraped", () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  expect(rules.filter(({ annotations: { action } }) => action.length < 40)).toEqual([]);
  const jobs = Scrapes.parse(parse(read("prometheus.yml"))).scrape_configs.map(({ job_name }) => job_name);
  expect(jobs).toEqual(["trainer-api", "trainer-data-bank", "trainer-worker", "trainer-discord-bot"]);
  const named = queries.flatMap(({ expr }) => namesIn(expr, /job="([^"]*)"/g));
  expect(named.filter((job) => !jobs.includes(job))).toEqual([]);
});

const promtool = String(process.env["PATH"])
  .split(delimiter)
  .map((folder) => join(folder, "promtool"))
  .find((program) => existsSync(program));

test.skipIf(promtool === undefined)("promtool finds nothing wrong with the rules and the configuration", async () => {
  const run = (...args: string[]) => promisify(execFile)(String(promtool), args, { cwd: FOLDER });
  for (const args of [
    ["check", "config", "prometheus.yml"],
    ["test", "rules", "alerts.test.yml"],
  ])
    expect((await run(...args)).stdout).toContain("SUCCESS");
});
