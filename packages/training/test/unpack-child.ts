import { writeSync } from "node:fs";
import { TrainingError, unpackRun } from "@trainer/training";
import { z } from "zod";

/** Unpacks stdin in a process of its own, to be killed or to run out of space; reports its failure. */
const Task = z.object({ dir: z.string(), runId: z.string(), fileId: z.string() });

const { dir, ...options } = Task.parse(JSON.parse(process.argv[2] ?? ""));
process.on("SIGXFSZ", () => {}); // a write past the size limit fails with EFBIG instead of ending the process
try {
  await unpackRun(() => process.stdin, dir, options);
} catch (error) {
  writeSync(1, TrainingError.from(error).code);
}
