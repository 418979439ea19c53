// Holds what `vitest run --coverage` wrote down to every line, and to every branch but those that are exempt.
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { EXEMPT } from "./coverage/exempt.js";
import { missed } from "./coverage/missed.js";
import { at, root } from "./paths.js";
import { run, say } from "./say.js";
import { read } from "./stamp.js";

/** @typedef {import("./coverage/missed.js").FileCoverage} FileCoverage */

export const REPORT = at("coverage", "coverage-final.json");

/** @returns {string[]} what is missed, a sentence each */
export function coverageProblems() {
  const text = read(REPORT);
  if (text === null) return ["There is no coverage report: did Vitest end early?"];
  /** @type {Record<string, FileCoverage>} */
  const report = JSON.parse(text);
  const byFile = Object.entries(report).map(([path, coverage]) => [relative(root, path), coverage]);
  return missed(Object.fromEntries(byFile), EXEMPT, (file) => read(at(file)) ?? "");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run(() => {
    const problems = coverageProblems();
    for (const problem of problems) say(problem);
    return Promise.resolve(problems.length === 0 ? 0 : 1);
  });
}
