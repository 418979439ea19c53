import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SHAKESPEARE } from "./bundled.js";
import { ours } from "./child.js";
import { PlanFound } from "./plan-settings.js";
import { chosen, type Benchmark, type Side } from "./report.js";
import { temporaryFolder } from "./token-file.js";

/** Seconds of a training, and trainings of random settings on a text, where nothing else is said. */
const SECONDS = 600;
const TRIALS = 40;

/**
 * The training that a plan makes of a text in a time, beside trainings of random settings that take as long: their bits per
 * byte of the same held-out text, and the time that was kept.
 */
export const plan: Benchmark = async (options) => {
  const { threads, log, seconds = SECONDS, runs = TRIALS, rounds } = options;
  using texts = temporaryFolder();
  const works = [];
  for (const [name, corpus] of textsOf(options.file, texts.path).filter(chosen(options))) {
    const trained = async (seed: number, settings: object): Promise<PlanFound> => {
      using home = temporaryFolder();
      const wanted = { home: home.path, corpus, seconds, threads, seed, settings };
      const found = await ours("./plan-ours.js", wanted, PlanFound);
      log(`${name}: ${JSON.stringify(found)}`);
      return found;
    };
    const planned: PlanFound[] = [];
    for (let round = 0; round < rounds; round += 1) planned.push(await trained(round, {}));
    const random: PlanFound[] = [];
    for (let i = 0; i < runs; i += 1) random.push(await trained(0, randomSettings(i)));
    const bits = random.map((each) => each.bitsPerByte ?? Infinity).toSorted((a, b) => a - b);
    const [first] = planned;
    const side = (title: string, values: readonly number[], evidence = ""): Side => ({
      name: title,
      rounds: values,
      evidence,
    });
    works.push(
      {
        name: `${name}: bits per byte`,
        unit: "bits",
        sides: [
          side(
            "planned",
            planned.map((each) => each.bitsPerByte ?? Infinity),
            `${first?.parameters} parameters, ${first?.steps} steps`,
          ),
          side(
            "expected",
            planned.map(({ expected }) => expected),
          ),
          side(`best of ${runs} random`, bits.slice(0, 1)),
          side(`median of ${runs} random`, bits.slice(Math.floor(runs / 2), Math.floor(runs / 2) + 1)),
        ],
      },
      {
        name: `${name}: time`,
        unit: "s",
        sides: [
          side(
            "by the clock",
            planned.map((each) => each.seconds),
          ),
          side(
            "by the processor",
            planned.map((each) => each.processorSeconds),
          ),
          side("given", [seconds]),
        ],
      },
    );
  }
  return { benchmark: "plan", unit: "bits", better: "lower", works };
};

/** Texts by their names: those of a folder, or what comes with the project. */
function textsOf(folder: string | undefined, scratch: string): [name: string, path: string][] {
  if (folder !== undefined) return readdirSync(folder).map((name) => [name, join(folder, name)]);
  const write = (name: string, text: string | Buffer): [string, string] => {
    const path = join(scratch, `${name}.txt`);
    writeFileSync(path, text);
    return [name, path];
  };
  const shakespeare = readFileSync(SHAKESPEARE);
  return [
    [basename(SHAKESPEARE), SHAKESPEARE],
    write("shakespeare-50k", shakespeare.subarray(0, 50_000)),
    write("shakespeare-250k", shakespeare.subarray(0, 250_000)),
    write("source", below("packages", ".ts")),
    write("manual", below("docs", ".md")),
  ];
}

/** The files of the project below a folder as one text. */
function below(folder: string, ending: string): string {
  const root = fileURLToPath(new URL(`../../${folder}`, import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(ending) && !/node_modules|dist|build/.test(path))
    .map((path) => join(root, path))
    .filter((path) => statSync(path).isFile());
  return files
    .toSorted()
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
}

/** Settings as somebody might choose them, the same for a number each time. */
export function randomSettings(trial: number): Readonly<Record<string, unknown>> {
  let state = trial + 1;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0; // SplitMix32
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
  const pick = <T>(values: readonly [T, ...T[]]): T => values[Math.floor(next() * values.length)] ?? values[0];
  const between = (low: number, high: number): number => low * (high / low) ** next();
  const isGpt2 = pick([true, false]);
  const nHead = pick([2, 4, 6]);
  const width = nHead * pick([16, 32, 64]);
  const layers = pick([2, 3, 4, 6]);
  const dropout = pick([0, 0.1]);
  const modelConfig = isGpt2
    ? { nLayer: layers, nEmbd: width, nHead, embdPdrop: dropout, attnPdrop: dropout, residPdrop: dropout }
    : {
        hiddenSize: width,
        intermediateSize: 3 * width,
        numHiddenLayers: layers,
        numAttentionHeads: nHead,
        numKeyValueHeads: nHead,
        tieWordEmbeddings: true,
      };
  return {
    modelFamily: isGpt2 ? "gpt2" : "llama",
    modelSize: "tiny",
    modelConfig,
    vocabSize: pick([512, 1024, 2048, 4096, 8192]),
    maxSeqLen: pick([64, 128, 256]),
    batchSize: pick([4, 8, 16, 32]),
    learningRate: Number(between(3e-4, 1e-2).toPrecision(2)),
    lrSchedule: pick(["constant", "cosine", "linear"]),
    weightDecay: pick([0.01, 0.1]),
    beta2: pick([0.95, 0.99, 0.999]),
    optimizer: pick(["adamw", "muon"]),
  };
}
