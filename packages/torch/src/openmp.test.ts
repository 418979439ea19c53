import { expect, test } from "vitest";

import { spinBriefly } from "./openmp.js";

test("threads spin briefly unless the environment says how they wait", () => {
  const after = (env: Record<string, string>) => {
    spinBriefly(env);
    return env;
  };
  expect(after({})).toEqual({ GOMP_SPINCOUNT: "2000" });
  expect(after({ GOMP_SPINCOUNT: "7" })).toEqual({ GOMP_SPINCOUNT: "7" });
  expect(after({ OMP_WAIT_POLICY: "passive" })).toEqual({ OMP_WAIT_POLICY: "passive" });
});
