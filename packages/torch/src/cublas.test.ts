import { expect, test } from "vitest";
import { fixWorkspace } from "./cublas.js";

test("cuBLAS gets a workspace by which it repeats, unless the environment has chosen another", () => {
  const env: Record<string, string | undefined> = {};
  fixWorkspace(env);
  expect(env).toEqual({ CUBLAS_WORKSPACE_CONFIG: ":4096:8" });
  const chosen = { CUBLAS_WORKSPACE_CONFIG: ":16:8" };
  fixWorkspace(chosen);
  expect(chosen).toEqual({ CUBLAS_WORKSPACE_CONFIG: ":16:8" });
});
