import { readFileSync } from "node:fs";
import { isInSample } from "./sample.js";

/**
 * @typedef {{ line: number, column: number }} Position from 1
 * @typedef {{ id?: string, replacement?: string, status: string, location: { start: Position, end: Position } }} Mutant
 * @typedef {{ files: Record<string, { mutants: Mutant[] }> }} Report in the format that mutation testing tools share
 */

const SURVIVED = ["Survived", "NoCoverage"];
const LONGEST = 80;

/**
 * A surviving mutant in one line: its place and change; null if a test killed it, it timed out, or is not of the sample.
 * @param {Mutant & { fileName: string }} mutant
 */
export function survivor(mutant) {
  const {
    fileName,
    location: { start, end },
    replacement = "",
    status,
  } = mutant;
  if (!SURVIVED.includes(status) || !isInSample(mutant)) return null;
  const code = between(readFileSync(fileName, "utf8").split("\n"), start, end);
  const unreached = status === "NoCoverage" ? "  (reached by no test)" : "";
  return `${fileName}:${start.line}:${start.column}  ${short(code)}  →  ${short(replacement)}${unreached}`;
}

/**
 * Number and share of killed mutants.
 * @param {Report} report
 */
export function summary({ files }) {
  const mutants = Object.values(files).flatMap((file) => file.mutants.filter(isInSample));
  const statuses = mutants.map(({ status }) => status);
  const count = (/** @type {string[]} */ ...some) => statuses.filter((status) => some.includes(status)).length;
  const late = count("Timeout");
  const killed = count("Killed") + late;
  const survived = count(...SURVIVED);
  const left = count("Ignored");
  const share = killed + survived === 0 ? "" : ` (${((100 * killed) / (killed + survived)).toFixed(1)} %)`;
  const byTime = late === 0 ? "" : `, ${late} of them by time`;
  const statics = left === 0 ? "" : `; ${left} static left out (--static)`;
  return `${killed + survived} mutants: ${killed} killed${share}${byTime}, ${survived} survived${statics}`;
}

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
