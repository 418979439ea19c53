import { setNumThreads } from "@trainer/torch";
import { openHome, openModel, score } from "@trainer/training";
import { peakBytes, residentBytes } from "./memory.js";
import { ScoreSettings, type ScoreResult } from "./score-settings.js";

// Our side of the scoring benchmark: from the file to the loss, its tokens found too.
const s = ScoreSettings.parse(JSON.parse(process.argv[2] ?? ""));
setNumThreads(s.threads);
const libraryBytes = residentBytes();
using opened = await openModel(s.folder, { home: openHome(s.folder), device: "cpu" });

const seconds: number[] = [];
let loss = Number.NaN;
for (let repeat = 0; repeat < s.repeats; repeat += 1) {
  const start = performance.now();
  loss = (await score(opened, { path: s.file, stride: s.stride })).loss ?? Number.NaN;
  seconds.push((performance.now() - start) / 1000);
}
const result: ScoreResult = { seconds, loss, peakBytes: peakBytes(), libraryBytes };
process.stdout.write(`${JSON.stringify(result)}\n`);
