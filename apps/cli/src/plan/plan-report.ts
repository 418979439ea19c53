import { families } from "@trainer/models/capabilities";
import type { Plan } from "@trainer/training";
import { formatDuration } from "../display/duration.js";
import { formatBytes, formatCount, formatShort, formatThreads } from "../display/quantity.js";
import { table } from "../display/table.js";

/** A plan as a table, and the command that does it. */
export function planReport(plan: Plan, command: string): string[] {
  const { options, steps, passes, seconds, device, precision, threads } = plan;
  const { batchSize, gradAccumSteps, maxSeqLen, learningRate, lrSchedule, warmupSteps } = options;
  const batches = gradAccumSteps === 1 ? "" : `${formatCount(gradAccumSteps)} × `;
  const tried = plan.tried.map((each) => [
    formatShort(each.parameters),
    formatShort(each.tokensPerSec),
    each.bitsPerByte.toFixed(2),
  ]);
  return [
    ...table([
      ["model", modelOf(plan)],
      ["tokenizer", `${formatCount(plan.vocabSize)} tokens`],
      [
        "training",
        `${formatCount(steps)} steps of ${batches}${batchSize} × ${maxSeqLen} tokens, ${timesOf(passes)} through the text`,
      ],
      ["rate", `${learningRate}, ${SCHEDULES[lrSchedule]}, after ${formatCount(warmupSteps)} steps of warm-up`],
      ["time", `about ${formatDuration(seconds)}`],
      ["memory", `about ${formatBytes(plan.memoryBytes)} of ${formatBytes(plan.availableBytes)}`],
      ["expected", `about ${bitsOf(plan)} (gzip -9: ${plan.gzipBitsPerByte.toFixed(2)})`],
      ["overfits", `after about ${timesOf(plan.passesUntilOverfit)} through the text`],
      ["on", device === "cpu" ? `${device}, ${precision}, ${formatThreads(threads)}` : `${device}, ${precision}`],
    ]),
    "",
    ...table([["parameters", "tokens/s", "bits per byte"], ...tried], [0, 1, 2]),
    "",
    ...notesOf(plan),
    `  ${command}`,
  ];
}

/** A plan in one line. */
export const planLine = (plan: Plan): string =>
  `${modelOf(plan)}, ${formatCount(plan.steps)} steps, ${timesOf(plan.passes)} through the text, about ${bitsOf(plan)}`;

const SCHEDULES = {
  constant: "the same to the end",
  linear: "falling along a line",
  cosine: "falling along a cosine",
  wsd: "the same until a fall at the end",
} as const;

const bitsOf = ({ bitsPerByte }: Pick<Plan, "bitsPerByte">) => `${bitsPerByte.toFixed(2)} bits per byte`;

const timesOf = (times: number): string => `${times < 10 ? times.toFixed(1) : formatCount(times)} times`;

const titles = new Map([...families()].map(([name, { title }]) => [name, title]));

const modelOf = ({ options: { modelFamily }, parameters }: Plan): string =>
  `${titles.get(modelFamily)} of ${formatShort(parameters)} parameters`;

function notesOf({ isTextSpent, isBusy }: Plan): string[] {
  const notes = [
    ...(isTextSpent
      ? ["The training is shorter than the time: more of it would overfit. More text would help, more time would not."]
      : []),
    ...(isBusy ? ["Other programs kept the machine busy meanwhile: the time is that of the run alone."] : []),
  ];
  return notes.length === 0 ? [] : [...notes, ""];
}
