// A worker in a process of its own, to be killed: node worker-process.mjs '<{ "config": …, "hooks": … }>'
import { startWorker, WorkerConfig } from "@trainer/worker";
import { z } from "zod";

const Pace = z.object({ pace: z.record(z.string(), z.number()).optional() });
const { config, hooks } = z.object({ config: WorkerConfig, hooks: Pace }).parse(JSON.parse(process.argv[2] ?? ""));
const worker = await startWorker(config, hooks);
process.on("SIGTERM", () => void worker.stop());
process.send?.("started");
