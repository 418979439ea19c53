import { describe, expect, it } from "vitest";
import { listedRun } from "../../testing/listed-run.js";
import { canCancel, canResume, hasEnded, runState } from "./run-state.js";

const NOW = Date.UTC(2026, 0, 1);
const secondsAgo = (seconds: number) => NOW / 1000 - seconds;

describe("a run's state", () => {
  it("says when a run that runs was last heard of, and doubts it after a minute", () => {
    const heard = (seconds: number) => runState(listedRun({ last_heartbeat_ts: secondsAgo(seconds) }), NOW);
    expect(heard(3)).toEqual({ word: "Running", tone: "busy", detail: "sign of life just now" });
    expect(heard(-3)).toMatchObject({ detail: "sign of life just now" }); // the clocks differ
    expect(heard(47)).toMatchObject({ word: "Running", detail: "sign of life 40 s ago" });
    expect(heard(61)).toEqual({ word: "Silent", tone: "warn", detail: "no sign of life for 1 min 1 s" });
    expect(runState(listedRun({ last_heartbeat_ts: null }), NOW)).toMatchObject({ word: "Running", detail: "" });
  });

  it("tells a run that was stopped from one that failed, and says why that failed", () => {
    const failed = (run: Parameters<typeof listedRun>[0]) => runState(listedRun({ status: "failed", ...run }), NOW);
    expect(failed({ message: "Training cancelled" })).toEqual({ word: "Stopped", tone: "quiet", detail: "" });
    expect(failed({ error: "the disk is full" })).toEqual({ word: "Failed", tone: "bad", detail: "the disk is full" });
    expect(failed({ message: "its process is gone" })).toMatchObject({ detail: "its process is gone" });
    expect(failed({ message: null })).toMatchObject({ word: "Failed", detail: "" });
  });

  it("has a word for those that wait and that have finished", () => {
    expect(runState(listedRun({ status: "queued" }), NOW)).toMatchObject({ word: "Waiting", tone: "quiet" });
    expect(runState(listedRun({ status: "completed" }), NOW)).toMatchObject({
      word: "Finished",
      tone: "good",
      detail: "",
    });
    const kept = listedRun({ status: "completed", error: "Training cancelled" });
    expect(runState(kept, NOW).detail).toBe("not trained further: Training cancelled");
  });

  it("stops what goes on and goes on with what failed, unless it was trained without the service", () => {
    const may = (run: Parameters<typeof listedRun>[0]) => {
      const listed = listedRun(run);
      return [hasEnded(listed), canCancel(listed), canResume(listed)];
    };
    expect(may({ status: "queued" })).toEqual([false, true, false]);
    expect(may({ status: "running" })).toEqual([false, true, false]);
    expect(may({ status: "running", managed: false })).toEqual([false, false, false]);
    expect(may({ status: "failed" })).toEqual([true, false, true]);
    expect(may({ status: "failed", managed: false })).toEqual([true, false, false]);
    expect(may({ status: "completed", managed: undefined })).toEqual([true, false, false]);
  });
});
