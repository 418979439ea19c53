import { parseTrainOptions } from "@trainer/training/options";
import { expect, test } from "vitest";
import { planLine, planReport, type PlanFigures } from "./plan-report.js";

const options = parseTrainOptions({
  corpus: "text.txt",
  modelFamily: "llama",
  batchSize: 8,
  maxSeqLen: 128,
  learningRate: 0.004,
  lrSchedule: "linear",
  warmupSteps: 100,
});
const plan: PlanFigures = {
  parameters: 950_000,
  vocab_size: 1024,
  tokens: 400_000,
  steps: 3900,
  passes: 9.98,
  passes_until_overfit: 41.3,
  text_spent: false,
  seconds: 590,
  bits_per_byte: 1.98,
  gzip_bits_per_byte: 3.24,
  memory_bytes: 2 ** 28,
  available_bytes: 2 ** 34,
  device: "cpu",
  precision: "fp32",
  threads: 2,
  busy: false,
  tried: [{ parameters: 150_000, tokens_per_sec: 91_000, bits_per_byte: 2.1 }],
};

test("a report says what the training is, what to expect, and the command", () => {
  const lines = planReport(plan, options, "trainer train text.txt");
  expect(lines.join("\n")).toBe(
    `
model      LLaMA of 950k parameters
tokenizer  1,024 tokens
training   3,900 steps of 8 × 128 tokens, 10.0 times through the text
rate       0.004, falling along a line, after 100 steps of warm-up
time       about 9 min 50 s
memory     about 256 MiB of 16.0 GiB
expected   about 1.98 bits per byte (gzip -9: 3.24)
overfits   after about 41 times through the text
on         cpu, fp32, 2 threads

parameters  tokens/s  bits per byte
      150k     91.0k           2.10

  trainer train text.txt`.slice(1),
  );
  expect(planLine(plan, options)).toBe(
    "LLaMA of 950k parameters, 3,900 steps, 10.0 times through the text, about 1.98 bits per byte",
  );
});

test("it says where the text is spent, where others kept the machine busy, and how several batches make a step", () => {
  const lines = planReport(
    { ...plan, text_spent: true, busy: true, device: "cuda", precision: "bf16" },
    { ...options, gradAccumSteps: 2, modelFamily: "theirs" },
    "trainer train text.txt",
  );
  expect(lines.slice(-4, -1)).toEqual([
    "The training is shorter than the time: more of it would overfit. More text would help, more time would not.",
    "Other programs kept the machine busy meanwhile: the time is that of the run alone.",
    "",
  ]);
  expect(lines).toContain("on         cuda, bf16");
  expect(lines[0]).toBe("model      theirs of 950k parameters"); // a server's plugin has it, and this machine has not
  expect(lines.join("\n")).toContain("steps of 2 × 8 × 128 tokens");
});
