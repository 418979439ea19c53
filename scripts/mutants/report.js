/**
 * @typedef {{ line: number, column: number }} Position
 * @typedef {{ mutatorName: string, replacement?: string, status: string, location: { start: Position, end: Position } }} Mutant
 * @typedef {{ files: Record<string, { source: string, mutants: Mutant[] }> }} Report the format that Stryker and its kin share
 */

const SURVIVED = ["Survived", "NoCoverage"];
const LONGEST = 80;

/**
 * A line for each mutant that survived, then the counts. A mutant whose tests ran out of time was noticed too.
 * @param {string} text
 */
export function summary(text) {
  /** @type {Report} */
  const { files } = JSON.parse(text);
  const statuses = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (/** @type {string[]} */ ...some) => statuses.filter((status) => some.includes(status)).length;
  const killed = count("Killed", "Timeout");
  const survived = count(...SURVIVED);
  const left = count("Ignored");
  const share = killed + survived === 0 ? "" : ` (${((100 * killed) / (killed + survived)).toFixed(1)} %)`;
  const statics = left === 0 ? "" : `; ${left} static ones were left out (--static)`;
  return [
    ...Object.entries(files).flatMap(([path, { source, mutants }]) => survivors(path, source.split("\n"), mutants)),
    `${killed + survived} mutants: ${killed} killed${share}, ${survived} survived${statics}`,
  ].join("\n");
}

/**
 * @param {string} path
 * @param {string[]} lines
 * @param {Mutant[]} mutants
 */
const survivors = (path, lines, mutants) =>
  mutants
    .filter(({ status }) => SURVIVED.includes(status))
    .sort((a, b) => a.location.start.line - b.location.start.line || a.location.start.column - b.location.start.column)
    .map(({ location: { start, end }, replacement = "", status }) => {
      const unreached = status === "NoCoverage" ? "  (reached by no test)" : "";
      return `${path}:${start.line}:${start.column}  ${short(between(lines, start, end))}  →  ${short(replacement)}${unreached}`;
    });

/**
 * @param {string[]} lines
 * @param {Position} start
 * @param {Position} end
 */
function between(lines, start, end) {
  const taken = lines.slice(start.line - 1, end.line);
  taken.push((taken.pop() ?? "").slice(0, end.column - 1));
  taken.unshift((taken.shift() ?? "").slice(start.column - 1));
  return taken.join("\n");
}

/** @param {string} code */
function short(code) {
  const line = code.replaceAll(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
