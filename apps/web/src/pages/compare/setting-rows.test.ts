import { describe, expect, it } from "vitest";
import { comparedRun } from "../../testing/compared-run.js";
import { settingRows } from "./setting-rows.js";

describe("settings of runs", () => {
  it("tell those that differ, with the options' help", () => {
    const rows = settingRows([
      comparedRun("a", { config: { learning_rate: 0.001, seed: 1 } }),
      comparedRun("b", { config: { learning_rate: 0.01, seed: 1, plugin_knob: true } }),
    ]);
    const row = (name: string) => rows.find((each) => each.name === name);
    expect(row("learning_rate")).toMatchObject({ values: ["0.001", "0.01"], differs: true });
    expect(row("learning_rate")?.help).not.toBe("");
    expect(row("seed")).toMatchObject({ values: ["1", "1"], differs: false });
    expect(row("plugin_knob")).toMatchObject({ values: ["left out", "on"], differs: true, help: "" });
    expect(row("corpus")).toMatchObject({ values: ["/texts/a.txt", "/texts/a.txt"], differs: false });
  });

  it("do not differ from what is not known", () => {
    const rows = settingRows([
      comparedRun("a", { config: { seed: 1 }, corpus_path: null }),
      comparedRun("b", {}, { manifest: null }),
    ]);
    expect(rows).toEqual([
      expect.objectContaining({ name: "corpus", values: ["left out", null], differs: false }),
      expect.objectContaining({ name: "seed", values: ["1", null], differs: false }),
    ]);
  });
});
