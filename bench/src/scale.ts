import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { openJobIds } from "@trainer/platform/redis";
import { quantile } from "./fixed-rate.js";
import { redisCounts, redisLoad } from "./redis-load.js";
import type { Benchmark, Work } from "./report.js";
import { fates, toKey } from "./scale-fates.js";
import { listen, Requests } from "./scale-requests.js";
import { scaleSystem, type ScaleSystem } from "./scale-system.js";
import { temporaryFolder } from "./token-file.js";

const DEFAULT_WORKERS = 50;
const DEFAULT_RUNS = 2000;
/** Seconds of a stand-in's training. */
const DEFAULT_SECONDS = 2;
/** Seconds that the rest of the queue may take; what is left then must still have its jobs. */
const DEFAULT_REST = 3600;
const MOST_IN_A_PROCESS = 50;
const FEWEST_PROCESSES = 10;
/** Requests that are under way at a time while the queue is filled. */
const CLIENTS = 16;
const SAMPLES = 20;
const LOOK_SEC = 10;
/** The most time that one list is asked for again and again. */
const LIST_MS = 15_000;
/** Longer than a lock in the queue lasts. */
const AWAY_MS = 12_000;

/** A row of the report. */
type Row = readonly [work: string, side: string, value: number, unit: string, evidence?: string];

/** The queue at size: real BullMQ, Redis, API and workers, whose trainings are stand-ins. */
export const scale: Benchmark = async ({
  rounds,
  log,
  workers = DEFAULT_WORKERS,
  runs = DEFAULT_RUNS,
  seconds = DEFAULT_SECONDS,
  rest = DEFAULT_REST,
}) => {
  const found = new Map<string, { work: string; side: string; unit: string; values: number[]; evidence?: string }>();
  for (let round = 0; round < rounds; round++) {
    for (const [work, side, value, unit, evidence] of await simulated({ workers, runs, seconds, rest, log })) {
      const key = `${work} ${side}`;
      const { values = [] } = found.get(key) ?? {};
      found.set(key, { work, side, unit, values: [...values, value], ...(evidence === undefined ? {} : { evidence }) });
    }
  }
  const works: Work[] = [...found.values()].map(({ work, side, unit, values, ...rest }) => ({
    name: work,
    unit,
    sides: [{ name: side, rounds: values, ...rest }],
  }));
  return { benchmark: "scale", unit: "ms", better: "lower", works };
};

interface Plan {
  readonly workers: number;
  readonly runs: number;
  readonly seconds: number;
  readonly rest: number;
  readonly log: (line: string) => void;
}

async function simulated(plan: Plan): Promise<Row[]> {
  using folder = temporaryFolder();
  await using system = await scaleSystem(folder.path);
  using events = await listen(system.redisUrl);
  const rows: Row[] = [];
  const note = (...row: Row) => {
    rows.push(row);
    const [work, side, value, unit, evidence = ""] = row;
    plan.log(`${work}, ${side}: ${value.toPrecision(4)} ${unit} ${evidence}`);
  };
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const requests = new Requests(system.url, agent);
  await idle(plan, system, requests, events, note);
  const ids = await enqueue(plan, system, requests, note);
  await list(plan, requests, note);
  await atWork(plan, system, requests, events, ids, note);
  await killed(plan, system, note);
  await redisAway(system, note);
  await drained(plan, system, note);
  note("the API", "answers that Redis was not there", requests.unavailable, "");
  await system.stopWorkers("SIGTERM");
  await verify(system, requests.runIds, requests.cancelled, note);
  agent.destroy();
  return rows;
}

type Note = (...row: Row) => void;
type Events = Awaited<ReturnType<typeof listen>>;

const sorted = (times: readonly number[]) => [...times].sort((a, b) => a - b);
const spread = (times: readonly number[]) => `p99 ${quantile(sorted(times), 0.99).toFixed(0)}, of ${times.length}`;
const middle = (times: readonly number[]) => quantile(sorted(times), 0.5);

async function timed(body: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await body();
  return performance.now() - began;
}

async function startAll({ workers, seconds }: Plan, system: ScaleSystem): Promise<void> {
  const processes = Math.min(workers, Math.max(FEWEST_PROCESSES, Math.ceil(workers / MOST_IN_A_PROCESS)));
  const share = (i: number) => Math.floor(((i + 1) * workers) / processes) - Math.floor((i * workers) / processes);
  await Promise.all(Array.from({ length: processes }, (_, i) => system.startWorkers(share(i), seconds)));
}

/** Notes the load of Redis over some seconds, and of all processes of workers. */
async function noteLoad(work: string, system: ScaleSystem, note: Note): Promise<void> {
  const [before, cpuBefore, began] = [await redisCounts(system.redis), cpuOf(system), performance.now()];
  await sleep(1000 * LOOK_SEC);
  const [after, cpuAfter] = [await redisCounts(system.redis), cpuOf(system)];
  const seconds = (performance.now() - began) / 1000;
  const { cpu, commandsPerSecond, most } = redisLoad(before, after, seconds);
  note(work, "Redis", cpu, "% of a core", most);
  const held = `${after.clients} connections, ${(after.memory / 1e6).toFixed(1)} MB`;
  note(work, "commands", commandsPerSecond, "1/s", held);
  note(work, "all workers", (100 * (cpuAfter - cpuBefore)) / seconds, "% of a core");
}

function cpuOf({ processes }: ScaleSystem): number {
  return processes.reduce((sum, { pid }) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

async function idle(plan: Plan, system: ScaleSystem, requests: Requests, events: Events, note: Note): Promise<void> {
  const work = `${plan.workers} workers without a run`;
  note(work, "until all have started", await timed(() => startAll(plan, system)), "ms");
  await sleep(5000);
  await noteLoad(work, system, note);
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const began = performance.now();
    times.push((await events.started(await requests.train())) - began);
  }
  note(work, "from POST /runs/train to its start", middle(times), "ms", spread(times));
  await sleep(2000 * plan.seconds);
  note(work, "until all have stopped", await timed(() => system.stopWorkers("SIGTERM")), "ms");
}

async function enqueue({ runs }: Plan, system: ScaleSystem, requests: Requests, note: Note): Promise<string[]> {
  const before = await redisCounts(system.redis);
  const times: number[] = [];
  const ids: string[] = [];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, from) => {
      for (let i = from; i < runs; i += CLIENTS) {
        times.push(await timed(async () => ids.push(await requests.train())));
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const after = await redisCounts(system.redis);
  const work = `${runs} runs queued by ${CLIENTS} clients`;
  note(work, "POST /runs/train", middle(times), "ms", `${spread(times)}, ${(runs / seconds).toFixed(0)} a second`);
  note(work, "Redis for each", (1000 * 1000 * (after.cpu - before.cpu)) / runs, "µs");
  note(
    work,
    "memory of Redis for each",
    (after.memory - before.memory) / runs,
    "bytes",
    `${(after.memory / 1e6).toFixed(0)} MB`,
  );
  return ids;
}

const LISTS: readonly (readonly [side: string, path: string])[] = [
  ["GET /runs?limit=50", "/runs?limit=50"],
  ["GET /runs?status=failed", "/runs?status=failed"],
  ["the table of the pages, newest first", "/runs?limit=50&offset=0&sort=created_at"],
  ["the table, searched", "/runs?limit=50&offset=0&q=nothing"],
  ["GET /system", "/system"],
  ["GET /metrics", "/metrics"],
];

async function list({ runs }: Plan, requests: Requests, note: Note): Promise<void> {
  const work = `with ${runs} queued`;
  for (const [side, path] of LISTS) {
    const first = await timed(() => requests.get(path));
    const times: number[] = [];
    const until = performance.now() + LIST_MS;
    for (let i = 0; i < SAMPLES && performance.now() < until; i++) times.push(await timed(() => requests.get(path)));
    note(work, side, middle(times), "ms", `the first ${first.toFixed(0)}`);
  }
}

async function atWork(
  plan: Plan,
  system: ScaleSystem,
  requests: Requests,
  events: Events,
  ids: readonly string[],
  note: Note,
): Promise<void> {
  const work = `${plan.workers} workers at work, ${plan.runs} queued`;
  note(work, "until all have started", await timed(() => startAll(plan, system)), "ms");
  await sleep(2000);
  const cancelling: number[] = [];
  for (const runId of ids.slice(-SAMPLES)) {
    const began = performance.now();
    await requests.cancel(runId);
    cancelling.push((await events.failed(runId)) - began);
  }
  note(work, "to stop a queued run", middle(cancelling), "ms", spread(cancelling));
  const before = system.notes();
  await noteLoad(work, system, note);
  const { completed } = system.notes();
  note(work, "completed", (completed.size - before.completed.size) / LOOK_SEC, "1/s");
  const lists: number[] = [];
  for (let i = 0; i < SAMPLES; i++) lists.push(await timed(() => requests.get(String(LISTS[0]?.[1]))));
  note(work, "GET /runs?limit=50", middle(lists), "ms", spread(lists));
  const tables: number[] = [];
  for (let i = 0; i < SAMPLES / 4; i++) tables.push(await timed(() => requests.get(String(LISTS[2]?.[1]))));
  note(work, "the table of the pages", middle(tables), "ms", spread(tables));
  const running: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const { begun, completed } = system.notes();
    const runId = [...begun.keys()].findLast((id) => !completed.has(id) && !events.hasFailed(id));
    if (runId === undefined) continue;
    const began = performance.now();
    await requests.cancel(runId);
    const over = await Promise.race([events.failed(runId), sleep(2000 * plan.seconds + 5000)]);
    if (over !== undefined) running.push(over - began);
    else requests.cancelled.delete(runId); // it was completed just then
  }
  if (running.length > 0) note(work, "to stop a running run", middle(running), "ms", spread(running));
}

/** Ends a tenth of the processes as a power cut does, and starts others. */
async function killed(plan: Plan, system: ScaleSystem, note: Note): Promise<void> {
  const count = Math.max(1, Math.round(system.processes.length / 10));
  const each = Math.round(plan.workers / system.processes.length);
  await system.stopWorkers("SIGKILL", count);
  const began = performance.now();
  const { begun, completed } = system.notes();
  const held = [...begun.keys()].filter((id) => !completed.has(id));
  await Promise.all(Array.from({ length: count }, () => system.startWorkers(each, plan.seconds)));
  const taken = () => {
    const { begun } = system.notes();
    return held.filter((id) => (begun.get(id) ?? 0) > 1).length;
  };
  let last = taken();
  let lastAt = performance.now();
  while (performance.now() - began < 40_000) {
    await sleep(500);
    const now = taken();
    if (now > last) [last, lastAt] = [now, performance.now()];
  }
  note(
    `${count * each} of ${plan.workers} workers killed`,
    "until all their runs were begun again",
    lastAt - began,
    "ms",
    `${last} runs`,
  );
}

/** Kills Redis and brings it back, later than locks last. */
async function redisAway(system: ScaleSystem, note: Note): Promise<void> {
  const work = `Redis killed, and back after ${AWAY_MS / 1000} s`;
  const { clients } = await redisCounts(system.redis);
  await system.killRedis();
  await sleep(AWAY_MS);
  note(work, "until it had read its data", await timed(() => system.restartRedis()), "ms");
  const began = performance.now();
  const before = system.notes();
  while ((await redisCounts(system.redis)).clients < 0.98 * clients) await sleep(20);
  const { clients: back } = await redisCounts(system.redis);
  note(work, "until all were connected", performance.now() - began, "ms", `${back} of ${clients} connections`);
  while (system.notes().completed.size === before.completed.size) await sleep(100);
  note(work, "until the next run was completed", performance.now() - began, "ms");
}

async function drained(plan: Plan, system: ScaleSystem, note: Note): Promise<void> {
  const before = system.notes().completed.size;
  const began = performance.now();
  const until = began + 1000 * plan.rest;
  for (let left = Infinity, looks = 0; left > 0 && performance.now() < until; looks++) {
    await sleep(1000);
    left = (await openJobIds(system.redis, toKey)).length;
    if (looks % 30 === 0) plan.log(`${left} left`);
  }
  const seconds = (performance.now() - began) / 1000;
  const done = system.notes().completed.size - before;
  note("the rest of the queue", "completed", done / seconds, "1/s", `${done} runs in ${seconds.toFixed(0)} s`);
  const { peak } = await redisCounts(system.redis);
  note("Redis", "most memory since its restart", peak / 1e6, "MB");
}

async function verify(
  system: ScaleSystem,
  runIds: readonly string[],
  cancelled: ReadonlySet<string>,
  note: Note,
): Promise<void> {
  const { states, lost, doubled, toldAgain, begunAgain } = await fates(system, runIds, cancelled);
  const work = `${runIds.length} runs`;
  const told = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  note(work, "lost", lost.length, "", `${told.join(", ")} ${lost.slice(0, 3).join(" ")}`);
  note(work, "trained to the end more than once", doubled.length, "", doubled.slice(0, 3).join(" "));
  note(work, "told as completed more than once", toldAgain.length, "", "where Redis had lost that they were");
  note(work, "begun more than once", begunAgain.length, "", "those of killed workers, and where Redis was away");
}
