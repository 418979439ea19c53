import { join } from "node:path";
import { estimateTraining, readManifest, train } from "@trainer/training";
import { EstimateSettings, type EstimateFound } from "./estimate-settings.js";

// A training that is estimated, and then made, each in a process of its own.
const { isMade, home, corpus, ...options } = EstimateSettings.parse(JSON.parse(process.argv[2] ?? ""));
const input = { ...options, corpus: [corpus], runId: "made" };
const began = performance.now();
const found = isMade ? await made() : await estimated();
process.stdout.write(`${JSON.stringify(found satisfies EstimateFound)}\n`);

async function estimated(): Promise<EstimateFound> {
  const { seconds, memoryBytes: bytes, parameters, steps, isBusy } = await estimateTraining(input, { home });
  return { seconds, bytes, parameters, steps, isBusy, tookSeconds: (performance.now() - began) / 1000 };
}

async function made(): Promise<EstimateFound> {
  await train(input, { home });
  const tookSeconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage();
  const manifest = await readManifest(join(home, "models", "made", "manifest.json"));
  return {
    seconds: (user + system) / 1e6 / options.threads,
    bytes: process.resourceUsage().maxRSS * 1024,
    parameters: manifest?.parameters ?? null,
    steps: manifest?.total_steps ?? null,
    isBusy: false,
    tookSeconds,
  };
}
