import { describe, expect, it } from "vitest";
import { comparedRun } from "../../testing/compared-run.js";
import { listedRun, someProgress } from "../../testing/listed-run.js";
import { outcomesOf } from "./outcomes.js";

const line = (title: string, runs: Parameters<typeof outcomesOf>[0]) =>
  outcomesOf(runs).find((each) => each.title === title);

describe("results of runs", () => {
  it("stand side by side, and tell the best", () => {
    const runs = [comparedRun("a", { best_val_loss: 3 }), comparedRun("b", { best_val_loss: 2.5 })];
    expect(line("Best validation loss", runs)).toMatchObject({ values: [3, 2.5], best: 2.5 });
    const [first, second] = [comparedRun("a", { tokens_seen: 5 }), comparedRun("b", { tokens_seen: 9 })];
    expect(line("Tokens seen", [first, second])).toMatchObject({ values: [5, 9], best: null });
    expect(line("Tokens per second", [first, { ...second, metrics: null }])).toMatchObject({ values: [1002, null] });
  });

  it("have no best where all are the same or one alone is known", () => {
    const runs = [comparedRun("a", { test_loss: 3 }), comparedRun("b", { test_loss: 3 })];
    expect(line("Test loss", runs)?.best).toBeNull();
    expect(line("Test loss", [comparedRun("a", { test_loss: 3 }), comparedRun("b")])?.best).toBeNull();
  });

  it("find more tokens a second better, and fewer bits", () => {
    const [fast, other] = [comparedRun("a"), comparedRun("b")];
    const steps = (other.metrics?.steps ?? []).map((row, i) =>
      Object.assign(row, { tokens_per_sec: i === 0 ? null : 5000 }),
    );
    const faster = comparedRun("b", {}, { metrics: other.metrics && { ...other.metrics, steps } });
    expect(line("Tokens per second", [fast, faster])?.best).toBe(5000);
    const bits = [comparedRun("a", { test_bits_per_byte: 2 }), comparedRun("b", { evaluation: evaluation(1.5) })];
    expect(line("Bits per byte", bits)).toMatchObject({ values: [2, 1.5], best: 1.5 });
  });

  it("are of the status where there is no manifest yet, and are not shown where none has any", () => {
    const training = { ...someProgress, step: 7, best_val_loss: 2, test_loss: 4 };
    const run = comparedRun("a", {}, { manifest: null, run: listedRun({ training }) });
    expect(line("Steps", [run])?.values).toEqual([7]);
    expect(line("Best validation loss", [run])?.values).toEqual([2]);
    expect(line("Test loss", [run])?.values).toEqual([4]);
    expect(line("Parameters", [run])).toBeUndefined();
    expect(outcomesOf([{ ...run, run: null, metrics: null }])).toEqual([]);
  });
});

const evaluation = (bits_per_byte: number) => ({
  split: "validation",
  loss: 2,
  perplexity: 8,
  bits_per_byte,
  bits_per_character: 2,
  tokens: 100,
  documents: 2,
});
