import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { WorkerHooks, WorkerInput } from "@trainer/worker";

const MODULE = fileURLToPath(new URL("./worker-process.mjs", import.meta.url));

/** Starts a worker in a process of its own, as it was built. `onOutput` is given what it and its children write. */
export async function startWorkerProcess(
  input: WorkerInput,
  hooks: Pick<WorkerHooks, "pace"> = {},
  onOutput?: (text: string) => void,
) {
  const [stdout, stderr] = onOutput === undefined ? (["ignore", "inherit"] as const) : (["pipe", "pipe"] as const);
  const worker = fork(MODULE, [JSON.stringify({ config: input, hooks })], { stdio: ["ignore", stdout, stderr, "ipc"] });
  for (const stream of [worker.stdout, worker.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => onOutput?.(text));
  }
  await once(worker, "message");
  return worker;
}

/** Ends a process, and resolves when it has. */
export async function end(worker: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const gone = once(worker, "exit");
  worker.kill(signal);
  await gone;
}

/** The processes that a process has begun, living or not yet collected. */
export const childrenOf = (pid: number | undefined): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);

/** Also where nobody has collected it yet. */
export function isGone(pid: number): boolean {
  try {
    return / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : Number(parent);
  } catch {
    return null;
  }
}
