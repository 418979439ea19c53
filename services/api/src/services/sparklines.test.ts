import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { Sparklines } from "./sparklines.js";

test("losses of the files that were read last are kept, of so many at most", async () => {
  await using folder = await scratch("sparklines");
  const lines = new Sparklines(1);
  const [a, b] = [await folder.write("a", '{"train_loss":1}\n'), await folder.write("b", '{"train_loss":2}\n')];
  for (const [path, loss] of [
    [a, 1],
    [b, 2],
    [a, 1],
    [a, 1],
  ] as const)
    expect(await lines.of(path)).toEqual([loss]);
  expect(await lines.of(folder.join("none"))).toBeNull();
});
