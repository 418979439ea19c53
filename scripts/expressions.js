// npm run test:expressions: names the regular expressions in the sources whose time grows faster than the text, by recheck.
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { relative } from "node:path";
import { expressionsIn } from "./expressions/in-sources.js";
import { locked } from "./lock.js";
import { npmCi } from "./packages.js";
import { at, root } from "./paths.js";
import { run, say, step } from "./say.js";
import { hashOf, isStamped, stamp } from "./stamp.js";

/** @typedef {{ status: "safe" | "vulnerable" | "unknown", complexity?: { summary: string }, attack?: { pattern: string, string: string } }} Diagnostics */

const HOME = at("build", "expressions");
const RECHECK = `${HOME}/node_modules/recheck/lib/main.js`;
const MANIFESTS = ["package.json", "package-lock.json"];
const TIMEOUT_MS = 30_000;
/** recheck's attacks are of 10^9 steps by its own count; V8 goes through a harmless one of these lengths in a few milliseconds. */
const SLOW_MS = 100;

/** Nothing else needs recheck: its first use installs it, without its builds for the JVM and for single machines (50 MB). */
async function haveRecheck() {
  const hash = hashOf(MANIFESTS.map((name) => at("scripts", "expressions", name)));
  if (isStamped("expressions", hash) && existsSync(RECHECK)) return;
  for (const name of MANIFESTS) copyFileSync(at("scripts", "expressions", name), `${HOME}/${name}`);
  copyFileSync(at(".npmrc"), `${HOME}/.npmrc`);
  await step("recheck installed", () => npmCi("--prefix", HOME, "--omit=optional"));
  stamp("expressions", hash);
}

/**
 * True if the attack that recheck constructed with its own automaton slows V8 down.
 * @param {RegExp} expression
 * @param {string} text
 */
function isSlow(expression, text) {
  const began = performance.now();
  text.search(expression);
  text.replace(expression, "");
  return performance.now() - began > SLOW_MS;
}

await run(async () => {
  mkdirSync(HOME, { recursive: true });
  await locked(`${HOME}/lock`, haveRecheck);
  process.env["RECHECK_SYNC_BACKEND"] = "pure";
  /** @type {{ checkSync(source: string, flags: string, options: { timeout: number }): Diagnostics }} */
  const { checkSync } = createRequire(import.meta.url)(RECHECK);
  const found = expressionsIn(["packages", "services", "apps"]);
  let slow = 0;
  for (const { source, flags, path, line } of found) {
    const { status, complexity, attack } = checkSync(source, flags, { timeout: TIMEOUT_MS });
    if (status === "safe" || (attack !== undefined && !isSlow(new RegExp(source, flags), attack.string))) continue;
    slow += 1;
    const why = complexity === undefined ? "could not be judged" : `${complexity.summary}: ${attack?.pattern}`;
    say(`${relative(root, path)}:${line}  /${source}/${flags}  ${why}`);
  }
  say(`${found.length} regular expressions, ${slow} of them not safe`);
  return slow === 0 ? 0 : 1;
});
