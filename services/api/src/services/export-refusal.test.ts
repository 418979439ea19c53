import { containing } from "@trainer/testing";
import { TrainingError } from "@trainer/training/files";
import { expect, test } from "vitest";
import { exportRefusal } from "./export-refusal.js";

test("a run that cannot be exported is refused in its own words, and a disk that fails is the service's fault", () => {
  const refusal = { name: "AppError", code: "CONFLICT", status: 409, message: "the run is damaged" };
  expect(exportRefusal(new TrainingError("CONFLICT", "the run is damaged"))).toMatchObject(refusal);
  const failure = Object.assign(new Error("read error"), { code: "EIO" });
  expect(exportRefusal(failure)).toBe(failure);
  expect(exportRefusal(Object.assign(new Error("no room"), { code: "ENOSPC" }))).toMatchObject({
    code: "INSUFFICIENT_STORAGE",
    status: 507,
    message: containing("too full to bring the run back"),
  });
});
