import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { at } from "../paths.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bootstrap-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The bootstrap as a person runs it, in this checkout, with an empty cache of its own. */
function bootstrap(env: NodeJS.ProcessEnv): Promise<{ code: number; stdout: string; stderr: string }> {
  const { LIBTORCH: _, ...inherited } = process.env;
  const options = { env: { ...inherited, TRAINER_CACHE: join(folder, "cache"), LIBTORCH_VARIANT: "cpu", ...env } };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [at("scripts/bootstrap.js"), "--native-only"],
      options,
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/** A folder of programs that has node in it and what the test adds, and nothing else. */
async function path(programs: Record<string, string> = {}) {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await symlink(process.execPath, join(bin, "node"));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return bin;
}

/** Entries of the cache after a failure: a lock or a half-made folder would be among them. */
const left = async () => {
  const names = await readdir(join(folder, "cache")).catch(() => []);
  return names.filter((name) => !name.endsWith(".wheels"));
};

test("a machine without anything is told everything that is missing at once, and what to type", async () => {
  const { code, stderr } = await bootstrap({ PATH: await path() });
  expect(code).toBe(1);
  expect(stderr).toMatch(/Missing:\n {2}- python3: .*\n {2}- a C\+\+20 compiler .*\n {2}- CMake 3\.20 or newer/);
  expect(stderr).toContain("apt-get install -y python3 python3-pip g++ make cmake");
  expect(stderr).toContain("dnf install -y python3 python3-pip gcc-c++ make cmake");
  expect(stderr).toContain("brew install python && xcode-select --install && brew install cmake");
  expect(stderr).not.toContain("    at "); // a message, not a stack trace
});

test("a compiler and a CMake that are too old are named with what they said", async () => {
  const bin = await path({
    python3: 'echo "Python 3.12.1"',
    "c++": 'echo "#define __cplusplus 201703L"',
    cmake: 'echo "cmake version 3.16.3"',
  });
  const { stderr } = await bootstrap({ PATH: bin });
  expect(stderr).toContain("- a C++20 compiler");
  expect(stderr).toContain("- CMake 3.20 or newer: it drives the native build (cmake version 3.16.3)");
  expect(stderr).not.toContain("- python3");
});

test("a Python without pip is told how to get pip", async () => {
  const bin = await path({ python3: 'case "$*" in *pip*) echo "No module named pip"; exit 1;; esac' });
  const { stderr } = await bootstrap({ PATH: bin });
  expect(stderr).toContain("- pip for python3: libtorch is fetched by it (No module named pip)");
  expect(stderr).toContain("python3 -m ensurepip --upgrade");
});

test("a wheel with the wrong hash is thrown away and nothing half-made is left", async () => {
  const wheels = join(folder, "wheels");
  await mkdir(wheels);
  const names = [
    "torch-2.15.0-cp312-cp312-manylinux_2_28_x86_64.whl",
    "torch-2.15.0-cp312-cp312-manylinux_2_28_aarch64.whl",
    "torch-2.15.0-cp312-cp312-macosx_14_0_arm64.whl",
  ];
  for (const name of names) await writeFile(join(wheels, name), "not what was pinned");
  const { code, stderr } = await bootstrap({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels });
  expect(code).toBe(1);
  expect(stderr).toContain("torch==2.15.0 came with the wrong hash, so it was thrown away");
  expect(await left()).toEqual([]);
});

test("no network is called no network, with two ways round it", async () => {
  const closed = "http://127.0.0.1:9/simple"; // the discard port: nothing listens there
  const env = { PIP_INDEX_URL: closed, PIP_EXTRA_INDEX_URL: "", PIP_FIND_LINKS: folder, PIP_RETRIES: "1" };
  const { code, stderr } = await bootstrap(env);
  expect(code).toBe(1);
  expect(stderr).toContain("pip does not reach its package index");
  expect(stderr).toContain("PIP_FIND_LINKS=<folder> PIP_NO_INDEX=1");
  expect(stderr).toContain("set LIBTORCH to its site-packages folder");
  expect(await left()).toEqual([]);
});

test("a LIBTORCH that is not one is refused with what it should be", async () => {
  const { code, stderr } = await bootstrap({ LIBTORCH: folder });
  expect(code).toBe(1);
  expect(stderr).toContain(`LIBTORCH is ${folder}, but there is no torch/lib/libtorch_cpu in it.`);
});

test("a LIBTORCH of another version is refused with its version", async () => {
  await mkdir(join(folder, "torch", "lib"), { recursive: true });
  await writeFile(join(folder, "torch", "lib", "libtorch_cpu.so"), "");
  await writeFile(join(folder, "torch", "version.py"), "__version__ = '2.9.1+cpu'\n");
  const { stderr } = await bootstrap({ LIBTORCH: folder });
  expect(stderr).toContain("which holds torch 2.9.1+cpu, not 2.15.");
});
