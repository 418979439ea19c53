import { describe, expect, it } from "vitest";
import { listedRun } from "../../testing/listed-run.js";
import { modelOf, tookOf } from "./columns.js";

const NOW = Date.UTC(2026, 0, 1, 12);
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 11, minute)).toISOString();

describe("columns of runs", () => {
  it("tell how long a run took, or has taken so far", () => {
    const took = (run: Parameters<typeof listedRun>[0]) => tookOf(listedRun({ duration_seconds: null, ...run }), NOW);
    expect(took({ duration_seconds: 12.5 })).toBe(12.5);
    expect(took({ started_at: at(50) })).toBe(600);
    expect(took({ started_at: at(50), ended_at: at(51) })).toBe(60);
    expect(took({ started_at: at(50), status: "failed" })).toBeNull(); // its end is not known
    expect(took({ started_at: null })).toBeNull();
  });

  it("name a model by its family and its size as far as they are known", () => {
    expect(modelOf(listedRun())).toBe("gpt2 tiny");
    expect(modelOf(listedRun({ model_size: null }))).toBe("gpt2");
    expect(modelOf(listedRun({ model_family: null }))).toBeNull();
  });
});
