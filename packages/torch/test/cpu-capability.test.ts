import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

// libtorch and the kernels choose their instructions once a process, so each choice gets a process of its own.
test.each([
  ["avx2", "AVX2"],
  ["default", "SSE41"],
])(
  "the kernels for %s agree with the plain operators too",
  (capability, oneDnn) => {
    const { status, stdout } = spawnSync(
      process.execPath,
      ["node_modules/vitest/vitest.mjs", "run", "packages/torch/src/fused", "packages/torch/src/optim/clip-scale"],
      {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, ATEN_CPU_CAPABILITY: capability, ONEDNN_MAX_CPU_ISA: oneDnn },
      },
    );
    expect({ status, failed: status === 0 ? "" : stdout }).toEqual({ status: 0, failed: "" });
  },
  120_000,
);
