/** @typedef {{ start: { line: number }, end: { line: number } }} Range */
/** @typedef {{ statementMap: Record<string, Range>, s: Record<string, number>, branchMap: Record<string, { locations: Range[] }>, b: Record<string, number[]> }} FileCoverage */
/** @typedef {{ file: string, line: string, reason: string }} Exemption a branch on the line that holds `line` */

/**
 * What a report of coverage (coverage-final.json) misses: lines no test runs, branches no test takes but for those that
 * are exempt, and exemptions that have lost their branch, so that their list stays true.
 * @param {Record<string, FileCoverage>} report by the paths of the files, from the root of the project
 * @param {readonly Exemption[]} exempt
 * @param {(file: string) => string} textOf
 * @returns {string[]} a sentence each
 */
export function missed(report, exempt, textOf) {
  const used = new Set();
  const found = Object.entries(report).flatMap(([file, coverage]) => {
    const lines = textOf(file).split("\n");
    const branches = branchesIn(coverage).filter((number) => {
      const known = exempt.filter((one) => one.file === file && lines[number - 1]?.includes(one.line));
      for (const one of known) used.add(one);
      return known.length === 0;
    });
    const at = (/** @type {number} */ number, /** @type {string} */ what) =>
      `${file}:${number} ${what}: ${lines[number - 1]?.trim()}`;
    const untaken = branches.map((number) => at(number, "has a branch that no test takes"));
    return linesIn(coverage)
      .map((number) => at(number, "is run by no test"))
      .concat(untaken);
  });
  const stale = exempt.filter((one) => !used.has(one));
  return [...found, ...stale.map(({ file, line }) => `${file} has no untaken branch any more at: ${line}`)];
}

/** @param {FileCoverage} coverage */
function linesIn({ statementMap, s }) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const [id, { start }] of Object.entries(statementMap))
    counts.set(start.line, Math.max(counts.get(start.line) ?? 0, s[id] ?? 0));
  return [...counts].filter(([, count]) => count === 0).map(([line]) => line);
}

/** @param {FileCoverage} coverage */
const branchesIn = ({ branchMap, b }) =>
  Object.entries(branchMap).flatMap(([id, { locations }]) =>
    locations.filter((_, i) => b[id]?.[i] === 0).map(({ start }) => start.line),
  );
