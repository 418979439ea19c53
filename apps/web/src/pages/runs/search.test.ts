import { describe, expect, it } from "vitest";
import { asked, isFiltered, LIMIT, RunsSearch, sortedBy } from "./search.js";

describe("the runs' view in the address", () => {
  it("leaves out what it does not know, and keeps the rest", () => {
    expect(RunsSearch.parse({ status: "odd", sort: "colour", order: "up", page: 0, q: "gpt", x: 1 })).toEqual({
      q: "gpt",
    });
    expect(RunsSearch.parse({ page: 1.5, tag: 5, family: {}, q: [] })).toEqual({});
  });

  it("takes a word that looks like a number, and one tag as well as several", () => {
    expect(RunsSearch.parse({ q: 2024, family: 7, tag: "good" })).toEqual({ q: "2024", family: "7", tag: ["good"] });
    expect(RunsSearch.parse({ tag: ["a", "b"] })).toEqual({ tag: ["a", "b"] });
  });

  it("asks for the newest where it says nothing, and for the third page by its offset", () => {
    expect(asked({})).toEqual({ sort: "created_at", order: "desc", offset: 0, limit: LIMIT });
    expect(asked({ page: 3, q: "x", status: "failed", sort: "model", order: "asc" })).toEqual({
      q: "x",
      status: "failed",
      sort: "model",
      order: "asc",
      offset: 2 * LIMIT,
      limit: LIMIT,
    });
  });

  it("knows whether runs are left out", () => {
    expect(isFiltered({})).toBe(false);
    expect(isFiltered({ q: "", tag: [], sort: "model", page: 2 })).toBe(false);
    expect([{ q: "a" }, { tag: ["a"] }, { family: "gpt2" }, { status: "failed" as const }].map(isFiltered)).toEqual(
      Array(4).fill(true),
    );
  });

  it("sorts a loss from the best and a time from the newest, and turns round what is sorted already", () => {
    const byLoss = sortedBy({ page: 4, q: "a" }, "val_loss");
    expect(byLoss).toEqual({ q: "a", sort: "val_loss", order: "asc", page: undefined });
    expect(sortedBy(byLoss, "val_loss")).toMatchObject({ order: "desc" });
    expect(sortedBy(byLoss, "duration_seconds")).toMatchObject({ sort: "duration_seconds", order: "desc" });
    expect(sortedBy({}, "created_at")).toMatchObject({ sort: "created_at", order: "asc" });
    expect(sortedBy({ sort: "model", order: "asc" }, "created_at")).toMatchObject({ order: "desc" });
  });
});
