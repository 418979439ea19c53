import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { containing, matching, scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { ok } from "./check.js";
import { findProgram } from "../serve/find-program.js";
import { nativeChecks, type Torch } from "./native.js";
import { programChecks } from "./programs.js";
import { serviceChecks } from "./services.js";
import { cpuFeatures, disk, memory, readText, space, systemChecks } from "./system.js";

const torch = (threads: number, names: string[], reason: string | null, kernels = ""): Torch => ({
  gpuKernels: () => ({ used: kernels === "", reason: kernels }),
  libtorchVersion: () => "2.15.0",
  devices: () => ({
    cpu: { threads, capability: "AVX512" },
    cuda: { names, bytes: names.map(() => 139 * 1024 ** 3), capabilities: names.map(() => [9, 0] as const), reason },
  }),
});

test("a program is found on the path when it can be executed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "trainer-"));
  await writeFile(join(folder, "tool"), "#!/bin/sh\n");
  await writeFile(join(folder, "text"), "no program");
  await chmod(join(folder, "tool"), 0o755);
  const path = `/no/such/folder::${folder}`;
  expect(await findProgram(["text", "tool"], path)).toBe(join(folder, "tool"));
  expect(await findProgram(["text"], path)).toBeNull();
});

test("every program that is missing says what that costs", async () => {
  const checks = await programChecks("/no/such/folder");
  expect(checks.map(({ name }) => name)).toEqual(["Python", "C++ compiler", "CMake", "Redis", "Chromium"]);
  expect(checks.every(({ status, fix }) => status === "missing" && fix !== null)).toBe(true);
});

test("a program that is there says where", async () => {
  const [python] = await programChecks(String(process.env["PATH"]));
  expect(python).toMatchObject({ status: "ok", value: matching(/python3$/) });
});

test("native parts that load tell version, threads and devices", async () => {
  const checks = await nativeChecks({
    torch: () => Promise.resolve(torch(2, ["NVIDIA H200"], null)),
    tokenizers: () => Promise.resolve({}),
    sentencePiece: () => Promise.resolve({}),
  });
  expect(checks.map(({ status, value }) => `${status} ${value}`)).toEqual([
    "ok 2.15.0",
    "ok 2 threads, AVX512 kernels",
    "ok cuda:0 NVIDIA H200 139 GiB (compute capability 9.0)",
    "ok this project's",
    "ok native part loads",
    "ok native part loads",
  ]);
});

test("a GPU that this project's kernels are not used on is shown with the reason", async () => {
  const checks = await nativeChecks({
    torch: () => Promise.resolve(torch(2, ["NVIDIA T4"], null, "NVIDIA T4 is older than compute capability 8.0")),
    tokenizers: () => Promise.resolve({}),
    sentencePiece: () => Promise.resolve({}),
  });
  expect(checks[3]).toMatchObject({
    name: "GPU kernels",
    status: "missing",
    value: "NVIDIA T4 is older than compute capability 8.0",
    fix: containing("nvidia-cuda-crt"),
  });
});

test.each([
  ["no NVIDIA driver", "no NVIDIA driver"],
  [null, "none"],
])("without a GPU there is a word on why and what that costs (%j)", async (reason, value) => {
  const checks = await nativeChecks({
    torch: () => Promise.resolve(torch(1, [], reason)),
    tokenizers: () => Promise.resolve({}),
    sentencePiece: () => Promise.resolve({}),
  });
  expect(checks[1]?.value).toBe("1 thread, AVX512 kernels");
  expect(checks[2]).toMatchObject({ name: "GPU", status: "missing", value, fix: containing("slow") });
});

test("native parts that do not load say why and what to do", async () => {
  const checks = await nativeChecks({
    torch: () => Promise.reject(new Error("libtorch.so: cannot open\nat somewhere")),
    tokenizers: () => Promise.reject("odd"),
    sentencePiece: () => Promise.reject(new Error("not built")),
  });
  expect(checks).toEqual([
    {
      name: "libtorch",
      status: "failed",
      value: "libtorch.so: cannot open",
      fix: containing("bootstrap"),
    },
    { name: "Tokenizers", status: "failed", value: "odd", fix: containing("bootstrap") },
    { name: "SentencePiece", status: "missing", value: "not built", fix: containing("build:native") },
  ]);
});

test("the system's own facts are all there", async () => {
  const checks = await systemChecks("/tmp");
  expect(checks.map(({ name }) => name)).toEqual([
    "System",
    "Node",
    "Processor",
    "Vector instructions",
    "Memory",
    "Disk",
  ]);
});

test("vector instructions come from Linux's list, where there is one", () => {
  expect(cpuFeatures("model name\t: x\nflags\t\t: fpu avx2 fma avx512f\n").value).toBe("avx2, fma, avx512f");
  expect(cpuFeatures("").value).toBe("not listed by this system");
});

test("a file that is not there says nothing", async () => {
  expect(await readText("/no/such/file")).toBe("");
});

test("little memory and little disk are warned of", async () => {
  expect(memory(8 * 1024 ** 3, 16 * 1024 ** 3)).toMatchObject({ status: "ok", value: "8.00 GiB free of 16.0 GiB" });
  expect(memory(2 ** 20, 2 ** 30)).toMatchObject({ status: "missing", value: "1.00 MiB free of 1.00 GiB" });
  expect(space("runs", 2 ** 20)).toMatchObject({ status: "missing", value: "1.00 MiB free for runs" });
  expect(space("runs", 2 ** 31)).toMatchObject({ status: "ok" });
});

test("the disk of a home that does not exist yet is that of the folder above", async () => {
  const home = join(tmpdir(), "no", "such", "home");
  const { value } = await disk(home);
  expect(value.endsWith(`free for ${home}`)).toBe(true);
});

test.runIf(process.platform === "linux")("a home that cannot be written fails, and says what to do", async () => {
  expect(await disk("/proc/home")).toMatchObject({
    status: "failed",
    value: containing("/proc/home cannot be written"),
    fix: containing("--home DIR"),
  });
});

test("what `trainer serve` needs is looked at: its configuration and its ports", async () => {
  const cwd = scratchPath("doctor");
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port: taken } = z.object({ port: z.number() }).parse(listener.address());
  const checks = (env: Record<string, string>) => serviceChecks({ env, cwd });
  const free = { PORT: "0", DATA_BANK_PORT: "0" };
  expect(await checks(free)).toEqual([
    ok("Configuration", "2 settings set; see `trainer config show`"),
    ok("Ports", "0 and 0 of 127.0.0.1 are free"),
  ]);
  const busy = await checks({ ...free, PORT: String(taken) });
  expect(busy[1]).toMatchObject({ status: "missing", value: "in use", fix: containing(`port ${taken} of 127.0.0.1`) });
  expect(await checks({ PORT: "x" })).toMatchObject([{ status: "missing", value: containing('PORT = "x"') }]);
  expect((await checks({}))[0]).toEqual(ok("Configuration", "all settings at their defaults"));
  listener.close();
});
