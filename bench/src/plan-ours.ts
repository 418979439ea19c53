import { planTraining, train } from "@trainer/training";
import { PlanSettings, type PlanFound } from "./plan-settings.js";

// A training that is planned, and then made, in a process of its own.
const { home, corpus, seconds, settings, ...options } = PlanSettings.parse(JSON.parse(process.argv[2] ?? ""));
const text = { document: "file", holdoutFraction: 0.05, testSplitRatio: 0, evaluate: false } as const;
const plan = await planTraining(
  { ...options, ...text, corpus: [corpus], ...settings },
  { home, seconds, given: new Set(Object.keys(settings)) },
);
// Random settings take the whole time: how often a text is worth passing through is a thing that the plan has to know.
const training =
  Object.keys(settings).length === 0 ? plan.options : { ...plan.options, maxSteps: null, numEpochs: 10_000 };
const began = performance.now();
const before = process.cpuUsage();
let bitsPerByte: number | null = null;
await train(training, {
  home,
  onEvent(event) {
    if (event.type !== "eval" || event.bitsPerByte === null) return;
    bitsPerByte = Math.min(event.bitsPerByte, bitsPerByte ?? Infinity);
  },
}).catch(() => (bitsPerByte = null)); // a rate may be too high for it
const { user, system } = process.cpuUsage(before);
const found: PlanFound = {
  bitsPerByte,
  expected: plan.bitsPerByte,
  seconds: (performance.now() - began) / 1000,
  processorSeconds: (user + system) / 1e6 / options.threads,
  parameters: plan.parameters,
  steps: plan.steps,
  decided: { ...plan.decided, ...settings },
};
process.stdout.write(`${JSON.stringify(found)}\n`);
