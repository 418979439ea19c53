import { writeSync } from "node:fs";
import { resume, train, type RunEvent } from "@trainer/training";
import { z } from "zod";

/** One run or its resumption in a process of its own, to be killed. Each event is a line of JSON on stdout. */
const Task = z.object({ home: z.string(), options: z.record(z.string(), z.unknown()), resume: z.string().nullable() });

const task = Task.parse(JSON.parse(process.argv[2] ?? ""));
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.on("SIGXFSZ", () => {}); // a write past the size limit fails with EFBIG instead of ending the process
const context = { home: task.home, signal: stop.signal, onEvent: print };

try {
  if (task.resume === null) await train(z.custom<Parameters<typeof train>[0]>().parse(task.options), context);
  else await resume(task.resume, context);
} catch {
  process.exitCode = 1; // the failed event has the reason
}

function print(event: RunEvent): void {
  const { type } = event;
  if (type === "failed") writeSync(1, `${JSON.stringify({ type, code: event.code, message: event.message })}\n`);
  else writeSync(1, `${JSON.stringify(event)}\n`);
}
