/** @typedef {Readonly<Record<string, string>>} Versions by family: GLIBC, GLIBCXX, … */

/**
 * The newest version of each family of symbols that a library asks of others.
 * @param {string} table what `objdump -T` says of it
 * @returns {Versions}
 */
export function newestAsked(table) {
  /** @type {Record<string, string>} */
  const newest = {};
  for (const [, family = "", version = ""] of table.matchAll(/\*UND\*.*?\b([A-Z]+)_(\d+(?:\.\d+)*)\b/g))
    if (newest[family] === undefined || isNewer(version, newest[family])) newest[family] = version;
  return newest;
}

/**
 * What is newer than was claimed, a sentence each. A family that nothing was claimed for is one too many.
 * @param {Versions} asked
 * @param {Versions} claimed
 */
export const tooNew = (asked, claimed) =>
  Object.entries(asked)
    .filter(([family, version]) => claimed[family] === undefined || isNewer(version, claimed[family]))
    .map(([family, version]) => `${family} ${version} is asked for, and ${claimed[family] ?? "none"} was claimed`);

/**
 * @param {string} a
 * @param {string} b
 */
function isNewer(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const i of [0, 1, 2]) if (left?.[i] !== right?.[i]) return (left?.[i] ?? 0) > (right?.[i] ?? 0);
  return false;
}
