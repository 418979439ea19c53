/** What no package is to hold: tests, sources, maps, what a build keeps for itself. */
const NEVER = /\.test\.|(^|\/)tests?\/|\.map$|\.tsbuildinfo$|(?<!\.d)\.tsx?$|\.(cc|h)$/;

/**
 * What is wrong with a package, a sentence each.
 * @param {{ name: string, version: string, license?: string, private?: boolean, exports?: unknown, bin?: unknown,
 *   dependencies?: Readonly<Record<string, string>> }} manifest
 * @param {readonly string[]} files
 * @param {readonly string[]} others names of the packages that are published with it
 * @returns {string[]}
 */
export function problemsOf(manifest, files, others) {
  const there = new Set(files);
  const named = [...targets(manifest.exports), ...targets(manifest.bin)].map((path) => path.replace(/^\.\//, ""));
  const ours = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name.startsWith("@trainer/"));
  return [
    ...named.filter((path) => !there.has(path)).map((path) => `${path} is named in package.json, and is not in it`),
    ...files.filter((path) => NEVER.test(path)).map((path) => `${path} is of no use to those who install it`),
    ...["LICENSE", "README.md"].filter((path) => !there.has(path)).map((path) => `there is no ${path}`),
    ...(manifest.license === undefined ? ["it names no licence"] : []),
    ...(manifest.private ? ["it is private"] : []),
    ...ours.filter(([name]) => !others.includes(name)).map(([name]) => `it depends on ${name}, which is not published`),
    ...ours
      .filter(([, version]) => version !== manifest.version)
      .map(([name, version]) => `it depends on ${name} ${version}, and is ${manifest.version} itself`),
  ].map((problem) => `${manifest.name}: ${problem}`);
}

/**
 * The files that a field leads to, whatever its shape.
 * @param {unknown} field
 * @returns {string[]}
 */
function targets(field) {
  if (typeof field === "string") return [field];
  return typeof field === "object" && field !== null ? Object.values(field).flatMap(targets) : [];
}

/**
 * A program in TypeScript that imports all that the packages export; `tsc` says whether their types are found.
 * @param {readonly { name: string, exports?: unknown }[]} manifests
 */
export const consumer = (manifests) =>
  manifests
    .flatMap(({ name, exports = {} }) =>
      Object.entries(Object(exports))
        .filter(([, target]) => typeof target === "object")
        .map(([way]) => `${name}${way.slice(1)}`),
    )
    .map((from, i) => `import * as part${i} from "${from}";\nexport type Part${i} = typeof part${i};\n`)
    .join("");
