import * as fc from "fast-check";
import { join, relative, resolve } from "node:path";
import { expect, test } from "vitest";
import { exportedId, exportedName, isId } from "./ids.js";

test("ids are plain names", () => {
  for (const id of ["gpt2-tiny-1700000000", "a", "Novel_2.v1"]) expect(isId(id)).toBe(true);
  for (const id of ["", ".", "..", ".hidden", "a/b", "../a", "a\\b", "a\0", "é", "-rf", "a".repeat(129)]) {
    expect(isId(id)).toBe(false);
  }
});

test("no id leads out of the folder it names", () => {
  const models = resolve("runs", "models");
  const leadsOut = (id: string) => relative(models, join(models, id)) !== id;
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ".", "/", "\\", "-", "1") }), (id) => {
      expect(isId(id) && leadsOut(id)).toBe(false);
    }),
  );
});

test("an exported folder's id is no run's, and names what an id may name", () => {
  expect(exportedName(exportedId("my-model.v2"))).toBe("my-model.v2");
  expect(isId(exportedId("a"))).toBe(false);
  for (const id of [
    "a",
    "export",
    "export~",
    "export~..",
    "export~.a",
    "export~a/b",
    "export~/etc",
    "export~a~b",
    "x~a",
  ])
    expect([id, exportedName(id)]).toEqual([id, null]);
  for (const id of ["export~a\n", "\nexport~a", "EXPORT~a"]) expect(exportedName(id)).toBeNull();
});
