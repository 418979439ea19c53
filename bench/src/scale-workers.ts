// Many workers in one process, whose trainings are stand-ins: node scale-workers.js '<options as JSON>'
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startWorker, type Worker } from "@trainer/worker";
import { z } from "zod";
import { StandIn } from "./stand-in.js";

const Options = z.object({
  redisUrl: z.string(),
  home: z.string(),
  workers: z.number(),
  seconds: z.number(),
  /** Gets a line for each beginning and each completion. */
  notes: z.string(),
});
const { redisUrl, home, workers: count, seconds, notes } = Options.parse(JSON.parse(process.argv[2] ?? ""));

process.setMaxListeners(0); // each worker listens for an error that nobody has handled
const note = (what: string, runId: string) => appendFileSync(notes, `${what} ${runId} ${Date.now()}\n`);
const trained = join(home, "trained");
mkdirSync(trained, { recursive: true });
const fork = () => new StandIn({ seconds, note, trained });
const input = { redisUrl, logLevel: "silent", artifactsRoot: home, dataRoot: home } as const;
const workers: Worker[] = [];
for (let i = 0; i < count; i++) workers.push(await startWorker(input, { fork }));
process.on("SIGTERM", () => {
  for (const worker of workers) worker.stop().catch(() => process.exit(1));
  process.disconnect(); // it ends when nothing holds it any more
});
process.send?.("started");
