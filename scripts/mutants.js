// npm run test:mutants -- FOLDER: mutation testing, by Stryker. It names the mutants of the sources that no test kills.
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { exec } from "./exec.js";
import { locked } from "./lock.js";
import { inWorkspace, mutated, resultsOf, testsOf } from "./mutants/folder.js";
import { npmCi } from "./packages.js";
import { at } from "./paths.js";
import { SetupError, run, say, step } from "./say.js";
import { hashOf, isStamped, stamp, writeWhole } from "./stamp.js";

const HELP = `Mutation testing: changes the sources below FOLDER in one place at a time ("a < b" into "a <= b") and names the
mutants that no test kills.

  npm run test:mutants -- FOLDER... [options]

  --tests FOLDER     tests to run; may be repeated (default: those in FOLDER; for a package's src those of the package)
  --sample N         only every N-th mutant
  --static           also mutate what runs when a file is loaded, such as tables and schemas: every test for each
  --concurrency N    test processes side by side (default 1)
  --timeout SECONDS  how long a test may take before its mutant counts as killed by time (default 10)
  --again            forget the results of earlier runs

Of each mutant only the tests that reach it are run. A second run goes on from the first: what was killed is not tried
again until its file or its test file changes. docs/mutation-testing.md says what survivors mean.

  npm run test:mutants -- packages/platform/src
  npm run test:mutants -- packages/training/src/bins --tests packages/training/src/bins --tests packages/training/test`;

const HOME = at("build", "mutants");
const STRYKER = `${HOME}/node_modules/@stryker-mutator`;
const SAMPLE = at("scripts", "mutants", "sample.js");
const MANIFESTS = ["package.json", "package-lock.json"];

/** Stryker is 64 MB that nothing else needs: its first use installs it into the ignored build folder. */
async function haveStryker() {
  const hash = hashOf(MANIFESTS.map((name) => at("scripts", "mutants", name)));
  if (isStamped("mutants", hash) && existsSync(STRYKER)) return;
  for (const name of MANIFESTS) copyFileSync(at("scripts", "mutants", name), `${HOME}/${name}`);
  copyFileSync(at(".npmrc"), `${HOME}/.npmrc`);
  // Its peer Vitest is the project's own, found two folders up: a second one would not know the tests of the first.
  await step("Stryker installed", () => npmCi("--prefix", HOME, "--legacy-peer-deps"));
  stamp("mutants", hash);
}

/**
 * @param {string[]} folders
 * @param {string} results
 * @param {{ static: boolean, again: boolean, concurrency: string, timeout: string, sample: string }} options
 */
const settings = (folders, results, options) => ({
  mutate: [...folders.map(mutated), "!**/*.test.ts"],
  testRunner: "vitest",
  plugins: [`${STRYKER}/vitest-runner/dist/src/index.js`, at("scripts", "mutants", "reporter.js"), SAMPLE],
  checkers: options.sample === "1" ? [] : ["sample"],
  vitest: { configFile: "scripts/mutants/vitest.config.ts" },
  coverageAnalysis: "perTest",
  ignoreStatic: !options.static,
  concurrency: Number(options.concurrency),
  timeoutMS: Number(options.timeout) * 1000,
  incremental: true,
  incrementalFile: results,
  force: options.again,
  // The copy that is mutated: with native builds, and with what tsc wrote, for tests that start processes.
  tempDirName: "build/mutants/copy",
  ignorePatterns: ["/build", "/coverage", "/runs", "packages/*/build/cmake"],
  tsconfigFile: "none", // it would be rewritten by an interface that TypeScript 7 does not have
  reporters: ["survivors", "progress-append-only"],
  allowConsoleColors: false,
});

await run(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tests: { type: "string", multiple: true },
      static: { type: "boolean", default: false },
      concurrency: { type: "string", default: "1" },
      timeout: { type: "string", default: "10" },
      sample: { type: "string", default: "1" },
      again: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(HELP);
  if (positionals.length === 0) throw new SetupError(`Name a folder or a file.\n\n${HELP}`);
  const cores = availableParallelism();
  if (!/^[1-9]\d*$/.test(values.concurrency) || Number(values.concurrency) > cores)
    throw new SetupError(
      `--concurrency is a whole number from 1 to ${cores}, the cores here, not ${values.concurrency}.`,
    );
  for (const name of /** @type {const} */ (["timeout", "sample"]))
    if (!/^[1-9]\d{0,3}$/.test(values[name]))
      throw new SetupError(`--${name} is a whole number from 1 to 9999, not ${values[name]}.`);
  const folders = positionals.map(inWorkspace);
  const chosen = values.tests?.map(inWorkspace);
  const tests = new Set(folders.flatMap((folder) => testsOf(folder, chosen)));
  const { timeout: MUTANTS_TIMEOUT, sample: MUTANTS_SAMPLE } = values;
  const env = { ...process.env, MUTANTS_TESTS: [...tests].join(","), MUTANTS_TIMEOUT, MUTANTS_SAMPLE };
  const results = `build/mutants/results/${resultsOf(folders, MUTANTS_SAMPLE)}.json`;
  mkdirSync(HOME, { recursive: true });
  await locked(`${HOME}/lock`, async () => {
    await haveStryker();
    rmSync(`${HOME}/copy`, { recursive: true, force: true }); // left by a run that was killed
    writeWhole(`${HOME}/stryker.json`, JSON.stringify(settings(folders, results, values), null, 2));
    const args = [`${STRYKER}/core/bin/stryker.js`, "run", `${HOME}/stryker.json`];
    const { code } = await exec(process.execPath, args, { env, show: true });
    if (code !== 0) throw new SetupError(`Stryker ended with code ${code}; why stands above.`);
  });
});
