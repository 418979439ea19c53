// npm test: every check there is. All of them run even when one fails; the last line counts them.
import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { bootstrap } from "./bootstrap.js";
import { runExamples } from "./examples.js";
import { coverageProblems, REPORT } from "./coverage.js";
import { exec } from "./exec.js";
import { format } from "./format.js";
import { findLibtorch } from "./libtorch.js";
import { at } from "./paths.js";
import { run, say } from "./say.js";
import { read } from "./stamp.js";
import { minutes, readTimes, said, whileRunning, writeTimes } from "./test-time.js";
import { compile } from "./types.js";
import { buildWeb, webIsCurrent } from "./web.js";

/** @typedef {{ passed: number, failed: number, skipped?: number, output?: string, failures?: string[] }} Outcome */
/** @typedef {{ status: string, fullName: string, failureMessages: string[] }} TestResult */

const RESULTS = at("build", "test", "results.json");

/** @type {Record<string, () => Outcome | Promise<Outcome>>} */
const checks = {
  types: async () => single(await compile()),
  pages: bundlePages,
  lint: async () => single(await node("node_modules/oxlint/bin/oxlint", ["--type-aware", "--deny-warnings"])),
  format: async () => single(await format()),
  tests,
  coverage,
  "kernels for GPUs": gpuKernels,
  examples: runExamples,
};

/**
 * @param {string} script
 * @param {string[]} args
 * @param {Parameters<typeof exec>[2]} [options]
 */
const node = (script, args, options) => exec(process.execPath, [at(script), ...args], options);

/**
 * @param {{ code: number, output: string }} result
 * @returns {Outcome}
 */
const single = ({ code, output }) => (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, output });

/** The pages as a browser gets them, from the packages that were just built; the tests open them. */
async function bundlePages() {
  if (!webIsCurrent()) await buildWeb();
  return { passed: 1, failed: 0 };
}

/** Unit, integration and end-to-end tests, by Vitest; its output is shown as it runs. */
async function tests() {
  rmSync(REPORT, { force: true });
  return vitest(["--coverage"], (code) => code !== 0 && coverage().failed === 0);
}

/** The kernels for GPUs, run by a CPU thread by thread, against plain operators and against the reference. */
async function gpuKernels() {
  const headers = join(findLibtorch() ?? "", "nvidia/cu13/include/crt/host_defines.h");
  if (!existsSync(headers)) return { passed: 0, failed: 0, skipped: 1, output: "CUDA's headers are not there" };
  const targets = ["--target", "trainer-cuda-device", "trainer-gpu-emulated"];
  const built = await exec("cmake", ["--build", at("packages/torch/build/cmake"), ...targets, "-j", "2"]);
  if (built.code !== 0) return single(built);
  const kernels = ["torch/src/fused/gpu", "torch/src/fused/gpu-norms", "torch/src/quantized-weight"];
  const files = [...kernels, "models/src/gpu-kernels", "models/src/parity"];
  const env = { ...process.env, TRAINER_GPU: "emulated" };
  const which = "kernels for GPUs|logits, loss and gradients|a product by a weight"; // what is not about CPUs
  const args = [...files.map((file) => `packages/${file}.test.ts`), "--testTimeout=120000", "-t", which];
  return vitest(args, (code) => code !== 0, { env });
}

/**
 * @param {string[]} args
 * @param {(code: number) => boolean} isStray whether an exit code means errors outside of any test, where none failed
 * @param {Parameters<typeof exec>[2]} [options]
 * @returns {Promise<Outcome>}
 */
async function vitest(args, isStray, options) {
  rmSync(RESULTS, { force: true });
  const all = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${RESULTS}`, ...args];
  const { code } = await node("node_modules/vitest/vitest.mjs", all, { ...options, show: true });
  const text = read(RESULTS);
  if (text === null) return { passed: 0, failed: 1, output: `Vitest ended with code ${code} and wrote no results.` };
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, success: boolean, testResults: { status: string, name: string, assertionResults: TestResult[] }[] }} */
  const results = JSON.parse(text);
  const broken = results.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((one) => one.status === "failed"),
  );
  const failed = results.numFailedTests + broken.length;
  const stray = failed === 0 && isStray(code) ? 1 : 0;
  const failures = results.testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map((one) => failure(relative(at(), file), one)),
  );
  const { numPassedTests: passed, numPendingTests: skipped } = results;
  return { passed, failed: failed + stray, skipped, failures };
}

/**
 * @param {string} file
 * @param {TestResult} result
 */
const failure = (file, { fullName, failureMessages }) =>
  `${file}: ${fullName}\n    ${stripVTControlCharacters(failureMessages[0] ?? "").split("\n")[0]}`;

/**
 * Every line and branch is covered but those that are exempt.
 * @returns {Outcome}
 */
function coverage() {
  const problems = coverageProblems();
  return problems.length === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, output: problems.join("\n") };
}

await run(async () => {
  await bootstrap({ typescript: false });
  /** @type {[name: string, outcome: Outcome, seconds: number][]} */
  const table = [];
  const usual = readTimes();
  const whole = Object.values(usual).reduce((sum, seconds) => sum + seconds, 0);
  if (whole > 0) say(`All checks took ${minutes(whole)} the last time.`);
  for (const [name, check] of Object.entries(checks)) {
    const before = usual[name];
    say(`\n── ${name}${before === undefined ? "" : ` (${minutes(before)} the last time)`}`);
    const started = performance.now();
    const outcome = await whileRunning((seconds) => say(said(name, seconds, before)), check);
    if (outcome.output) say(outcome.output.trimEnd());
    table.push([name, outcome, (performance.now() - started) / 1000]);
    writeTimes(Object.fromEntries([...Object.entries(usual), ...table.map(([each, , seconds]) => [each, seconds])]));
  }
  say("");
  for (const [name, { passed, failed, skipped }, seconds] of table) {
    const counts = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;
    say(`${failed === 0 ? "✓" : "✗"} ${name.padEnd(22)}${counts.padEnd(34)}${seconds.toFixed(1).padStart(7)} s`);
  }
  // Once more at the end: what a test prints where it fails may be thousands of lines above.
  for (const each of table.flatMap(([, { failures = [] }]) => failures)) say(`✗ ${each}`);
  const total = (/** @type {"passed" | "failed"} */ key) => table.reduce((sum, [, outcome]) => sum + outcome[key], 0);
  say(`${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0 ? 0 : 1;
});
