import { assert, nat, property, stringMatching, uniqueArray } from "fast-check";
import { describe, expect, it } from "vitest";
import { CompareSearch, idsOf, textOf, toggled } from "./search.js";

describe("the comparison in the address", () => {
  it("names runs with commas between them, each once", () => {
    expect(idsOf("a,b, a ,,c")).toEqual(["a", "b", "c"]);
    expect(idsOf()).toEqual([]);
    expect(textOf([])).toBeUndefined();
  });

  it("leaves out what it does not know, and takes a run whose name is a number", () => {
    expect(CompareSearch.parse({ runs: 42, hidden: {}, x: "miles", log: "yes", smooth: 2, from: "a", to: 3 })).toEqual({
      runs: "42",
      to: 3,
    });
  });

  it("puts a run in and takes it out again", () => {
    const someIds = uniqueArray(stringMatching(/^[a-z0-9_-]{1,12}$/), { maxLength: 20 });
    assert(
      property(someIds, nat(25), (ids, at) => {
        const text = textOf(ids);
        expect(idsOf(text)).toEqual(ids);
        const id = ids[at] ?? "Another";
        const once = toggled(text, id);
        expect(idsOf(once).includes(id)).toBe(!ids.includes(id));
        expect(new Set(idsOf(toggled(once, id)))).toEqual(new Set(ids));
      }),
    );
  });
});
