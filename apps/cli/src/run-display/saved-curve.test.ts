import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { savedCurve } from "./saved-curve.js";

test("losses are read back by split; a torn line is passed over", async () => {
  await using folder = await scratch();
  const path = folder.join("metrics.jsonl");
  await writeFile(
    path,
    [
      '{"step":1,"epoch":0,"train_loss":8,"lr":0.1}',
      '{"step":1,"epoch":0,"split":"validation","loss":7.5}',
      '{"step":2,"epoch":0,"split":"test","loss":7}',
      '{"other":1}',
      '{"step":3,"train_lo',
    ].join("\n"),
  );
  expect(await savedCurve(path)).toEqual({
    trainPoints: [{ step: 1, loss: 8 }],
    validationPoints: [{ step: 1, loss: 7.5 }],
  });
});

test("metrics that cannot be read are not taken for none", async () => {
  await expect(savedCurve(tmpdir())).rejects.toThrow("EISDIR");
});

test("a run without metrics has no curve", async () => {
  expect(await savedCurve("/no/such/file")).toEqual({ trainPoints: [], validationPoints: [] });
});
