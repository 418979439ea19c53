import { containing, scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { assertWritable } from "./assert-writable.js";

test("a folder that takes nothing is refused, with what names it", async () => {
  await using folder = await scratch();
  await assertWritable(folder.join("new"), "--home");
  await expect(assertWritable("/proc/none", "--home")).rejects.toMatchObject({
    code: "CONFIG_ERROR",
    message: containing("which --home names: let this user write there"),
  });
});
