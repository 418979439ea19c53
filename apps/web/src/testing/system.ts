import type { SystemInfo } from "@trainer/platform/browser";

const GIB = 2 ** 30;

/** A machine with a worker that is there and a run under way, as `GET /system` has it. */
export const system = (more: Partial<SystemInfo> = {}): SystemInfo => ({
  machine: {
    host: "desk",
    system: "linux 6.1, x64",
    processor: "EPYC",
    threads: 16,
    instructions: ["avx2", "fma"],
    load: 1.25,
    memory_bytes: 64 * GIB,
    memory_available_bytes: 16 * GIB,
  },
  disks: [{ path: "/srv/runs", holds: ["runs", "texts"], total_bytes: 100 * GIB, free_bytes: 5 * GIB }],
  stored: [
    { kind: "runs", bytes: 3 * GIB, files: 1200 },
    { kind: "bins", bytes: 0, files: 0 },
  ],
  queues: [
    { name: "trainer", waiting: 2, active: 1, delayed: 3, completed: 4, failed: 5 },
    { name: "trainer-inference", waiting: 0, active: 0, delayed: 0, completed: 6, failed: 0 },
  ],
  workers: [worker()],
  jobs: [],
  versions: [
    { name: "Model Trainer", version: "0.1.0" },
    { name: "Redis", version: "7.2.4" },
  ],
  settings: [
    { name: "PORT", toml: "port", value: 8000, source: "default" },
    { name: "APP__THREADS", toml: "app.threads", value: 4, source: ".env:3" },
    { name: "SECURITY__API_KEY", toml: "security.api_key", value: "(hidden)", source: "trainer serve: keys.json" },
  ],
  ...more,
});

type Worker = NonNullable<SystemInfo["workers"]>[number];
type Presence = NonNullable<Worker["presence"]>;

/** A worker that was started an hour ago and has just said that it is there. */
export const worker = (more: Partial<Presence> = {}, name = "rq:worker:desk-7"): Worker => ({
  name,
  alive: true,
  presence: {
    host: "desk",
    pid: 7,
    started_at: new Date(Date.now() - 3_600_000).toISOString(),
    seen_at: new Date().toISOString(),
    trainings: 1,
    answers: 8,
    engine: { libtorch: "2.15.0", threads: 4, kernels: "AVX512", gpus: [], no_gpu: "no NVIDIA driver" },
    ...more,
  },
});
