import { SHAKESPEARE } from "./bundled.js";
import { ours } from "./child.js";
import { EstimateFound } from "./estimate-settings.js";
import { chosen, type Benchmark, type Side } from "./report.js";
import { temporaryFolder } from "./token-file.js";

const TRAININGS = [
  [
    "GPT-2 tiny, batch 16 x 256, 40 steps",
    { modelFamily: "gpt2", modelSize: "tiny", maxSeqLen: 256, batchSize: 16, maxSteps: 40 },
  ],
  [
    "LLaMA tiny, batch 8 x 128, 120 steps",
    { modelFamily: "llama", modelSize: "tiny", maxSeqLen: 128, batchSize: 8, maxSteps: 120 },
  ],
  [
    "Char-LSTM small, batch 32 x 128, 80 steps",
    { modelFamily: "char_lstm", modelSize: "small", maxSeqLen: 128, batchSize: 32, maxSteps: 80 },
  ],
] as const;

/** What is told of a training before it is begun, beside what then happens, tokenizer and evaluations included. */
export const estimate: Benchmark = async (options) => {
  const { rounds, threads, log } = options;
  const works = [];
  for (const [name, training] of TRAININGS.filter(chosen(options))) {
    const found: { told: EstimateFound; made: EstimateFound }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      using home = temporaryFolder();
      const settings = { ...training, threads, home: home.path, corpus: SHAKESPEARE };
      const told = await ours("./estimate-ours.js", { ...settings, isMade: false }, EstimateFound);
      const made = await ours("./estimate-ours.js", { ...settings, isMade: true }, EstimateFound);
      found.push({ told, made });
      log(`${name}: ${JSON.stringify({ told, made })}`);
    }
    const side = (title: string, of: (each: (typeof found)[number]) => number | null): Side => {
      const [first] = found;
      const { parameters, steps } = (title === "estimated" ? first?.told : first?.made) ?? {};
      return { name: title, rounds: found.map((each) => of(each) ?? NaN), evidence: `${parameters} in ${steps} steps` };
    };
    works.push(
      {
        name: `${name}: time`,
        unit: "s",
        sides: [
          side("estimated", ({ told }) => told.seconds),
          side("then, by the processor", ({ made }) => made.seconds),
          side("then, by the clock", ({ made }) => made.tookSeconds),
          side("to estimate", ({ told }) => told.tookSeconds),
        ],
      },
      {
        name: `${name}: memory`,
        unit: "MB",
        sides: [
          side("estimated", ({ told }) => (told.bytes ?? NaN) / 1e6),
          side("then", ({ made }) => (made.bytes ?? NaN) / 1e6),
        ],
      },
    );
  }
  return { benchmark: "estimate", unit: "s", better: "lower", works };
};
