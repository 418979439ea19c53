import { scope, ones, setNumThreads } from "@trainer/torch";
import { OverheadSettings } from "./overhead-settings.js";

// Our side of the call benchmark: one small addition after another, the result's allocation and release included.
const { calls, repeats } = OverheadSettings.parse(JSON.parse(process.argv[2] ?? ""));
setNumThreads(1);
const a = ones([2, 2]);
const b = ones([2, 2]);

const nanoseconds = Array.from({ length: repeats }, () => {
  const start = process.hrtime.bigint();
  // As many to a scope as a training step makes.
  for (let done = 0; done < calls; done += 100) {
    scope(() => {
      for (let i = 0; i < 100; i += 1) a.add(b);
    });
  }
  return Number(process.hrtime.bigint() - start) / calls;
});
process.stdout.write(`${JSON.stringify({ nanoseconds })}\n`);
