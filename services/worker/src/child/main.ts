import type { FromChild } from "./messages.js";

const ALIVE_MS = 1000;

// Signals to the group, which may stop the parent, are ignored: the parent decides when this process ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));

// The parent sees the end, and has another process go on from what was saved.
const endBy = (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
};
process.on("uncaughtException", endBy);

let gpuBytes = (): number | null => null; // until libtorch is loaded
setInterval(
  () => process.send?.({ type: "alive", gpuBytes: gpuBytes() } satisfies FromChild, () => {}),
  ALIVE_MS,
).unref();

// Loaded only then, for it takes a while: a parent that has gone meanwhile is noticed. Its messages are kept for later
// listeners.
const { dieWithParent, memoryStats } = await import("@trainer/torch");
gpuBytes = () => memoryStats().cuda?.allocatedBytes ?? null;
const { serve } = await import("./serve.js");
serve(process, dieWithParent).catch(endBy);
