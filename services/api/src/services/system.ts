import { keys, type QueueName, type SystemInfo, type ShownSetting, WorkerPresence } from "@trainer/platform";
import type { Redis } from "ioredis";
import { VERSION } from "../version.js";
import type { Jobs } from "./jobs.js";
import { disks, machine } from "./machine.js";
import type { StoredSizes } from "./stored-sizes.js";

export interface SystemDeps {
  readonly redis: Redis;
  readonly jobs: Jobs;
  readonly stored: StoredSizes;
  readonly artifactsRoot: string;
  readonly dataRoot: string;
  readonly settings: readonly ShownSetting[];
}

type Work = Pick<SystemInfo, "queues" | "workers" | "jobs"> & { readonly redis: string };
type Worker = NonNullable<SystemInfo["workers"]>[number];

/** Workers that are shown at most. */
const SHOWN = 200;
/** A name of ours expires with its worker's last sign of life; of others nothing is known but the name. */
const OURS = "rq:worker:";

/** The machine, and what works on it. */
export class System {
  readonly #deps: SystemDeps;

  constructor(deps: SystemDeps) {
    this.#deps = deps;
  }

  /** Without Redis, all but what is known there. */
  async info(): Promise<SystemInfo> {
    const { artifactsRoot, dataRoot, stored, settings } = this.#deps;
    const [here, there, sizes, { redis, ...work }] = await Promise.all([
      machine(),
      disks({ runs: artifactsRoot, texts: dataRoot }),
      stored.latest(),
      this.#work().catch((): Work => ({ redis: "", queues: null, workers: null, jobs: null })),
    ]);
    const libtorch = (work.workers ?? []).flatMap(({ presence }) => presence?.engine?.libtorch ?? []);
    const versions = [
      { name: "Model Trainer", version: VERSION },
      { name: "Node.js", version: process.versions.node },
      ...[...new Set(libtorch)].map((version) => ({ name: "libtorch", version })),
      ...redisVersions(redis),
    ];
    return { machine: here, disks: there, stored: sizes, ...work, versions, settings: [...settings] };
  }

  async #work(): Promise<Work> {
    const { redis, jobs } = this.#deps;
    await redis.ping(); // without a connection this fails at once, and the queues would wait for one
    const names: readonly QueueName[] = ["trainer", "trainer-inference"];
    const [counted, workers, active, info] = await Promise.all([
      Promise.all(names.map((name) => jobs.states(name))),
      this.#workers(),
      jobs.active(),
      redis.info("server"),
    ]);
    return { queues: counted, workers, jobs: active, redis: info };
  }

  async #workers(): Promise<Worker[]> {
    const { redis } = this.#deps;
    const names = (await redis.smembers(keys.workers)).toSorted().slice(0, SHOWN);
    if (names.length === 0) return [];
    const [signs, texts] = await Promise.all([redis.mget(names), redis.mget(names.map(keys.presence))]);
    return names.map((name, i) => ({
      name,
      alive: !name.startsWith(OURS) || signs[i] !== null,
      presence: presenceIn(texts[i] ?? ""),
    }));
  }
}

function presenceIn(text: string): WorkerPresence | null {
  try {
    return WorkerPresence.parse(JSON.parse(text));
  } catch {
    return null; // another program's, or of another version
  }
}

/** Valkey says too as which version of Redis it acts. */
const SERVERS = [
  ["Valkey", /^valkey_version:(\S+)/m],
  ["Redis", /^redis_version:(\S+)/m],
] as const;

/** Redis or what stands in for it, by its own words. */
function redisVersions(info: string): { name: string; version: string }[] {
  const found = SERVERS.map(([name, pattern]) => ({ name, version: pattern.exec(info)?.[1] ?? "" }));
  return found.filter(({ version }) => version !== "").slice(0, 1);
}
