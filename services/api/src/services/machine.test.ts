import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { machine } from "./machine.js";

test("a system that does not say what its processors are has no names of them", async () => {
  const cpuinfo = join(scratchPath("machine"), "none");
  const silent = { processor: null, instructions: [] };
  expect(await machine({ cpuinfo, processors: [] })).toMatchObject(silent);
  expect(await machine({ cpuinfo, processors: [{ model: " " }] })).toMatchObject(silent);
  expect(await machine({ cpuinfo, processors: [{ model: " A processor " }] })).toMatchObject({
    processor: "A processor",
  });
});
