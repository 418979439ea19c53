import { array, assert, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { comparedRun } from "../../testing/compared-run.js";
import { seedGroups, spreadOf } from "./seeds.js";

const run = (id: string, seed: number, loss: number, config = {}) =>
  comparedRun(id, { best_val_loss: loss, config: { seed, learning_rate: 0.001, run_id: id, ...config } });

describe("runs that differ only in their seed", () => {
  it("have a mean and a spread; others are left out", () => {
    const runs = [run("a", 1, 2), run("x", 1, 9, { learning_rate: 0.01 }), run("b", 2, 3), run("c", 3, 4)];
    const groups = seedGroups(runs);
    expect(groups.map((group) => group.runs.map(({ id }) => id))).toEqual([["a", "b", "c"]]);
    expect(groups[0]?.figures).toEqual([{ title: "Best validation loss", spread: { mean: 3, deviation: 1, n: 3 } }]);
  });

  it("may have written samples, or have been trained before there were any", () => {
    const runs = [run("a", 1, 2), run("b", 2, 3, { sample_every: 0 }), run("c", 3, 4, { sample_every: 10 })];
    expect(seedGroups(runs).map((group) => group.runs.map(({ id }) => id))).toEqual([["a", "b", "c"]]);
  });

  it("learnt from the same text", () => {
    const other = comparedRun("b", {
      best_val_loss: 3,
      config: { seed: 2, learning_rate: 0.001 },
      corpus_sha256: "other",
    });
    expect(seedGroups([run("a", 1, 2), other])).toEqual([]);
    const unhashed = (id: string, corpus_path: string) =>
      comparedRun(id, { best_val_loss: 3, corpus_sha256: null, corpus_path });
    expect(seedGroups([unhashed("a", "/a"), unhashed("b", "/b")])).toEqual([]);
    expect(seedGroups([unhashed("a", "/a"), unhashed("b", "/a")])).toHaveLength(1);
  });

  it("are none where nothing has come of them, or nothing is known of them", () => {
    const bare = (id: string) => comparedRun(id, {}, { run: null });
    expect(seedGroups([bare("a"), bare("b")])).toEqual([]);
    expect(seedGroups([run("a", 1, 2), comparedRun("b", {}, { manifest: null })])).toEqual([]);
  });

  it("spread the same wherever their mean lies", () => {
    const some = array(double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 20 });
    assert(
      property(some, integer({ min: -9, max: 9 }), (values, shift) => {
        const [here, there] = [spreadOf(values), spreadOf(values.map((value) => value + shift))];
        expect(there?.mean).toBeCloseTo((here?.mean ?? Number.NaN) + shift, 6);
        expect(there?.deviation).toBeCloseTo(here?.deviation ?? Number.NaN, 6);
      }),
    );
  });

  it("spread by the sample's deviation, and one alone not at all", () => {
    expect(spreadOf([1, 3])?.deviation).toBeCloseTo(Math.SQRT2, 12);
    expect(spreadOf([1])).toBeNull();
  });
});
