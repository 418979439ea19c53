import { appendFileSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { SetupError, progress, step } from "./say.js";
import { filesIn, hashOf, isStamped, read, stamp } from "./stamp.js";

/** @typedef {{ name: string, uses: "libtorch" | "sentencepiece" }} NativePackage */

/** The packages with C++ in them, and what was fetched for them. */
export const NATIVE = /** @type {NativePackage[]} */ ([
  { name: "torch", uses: "libtorch" },
  { name: "tokenizers", uses: "sentencepiece" },
]).filter(({ name }) => existsSync(at("packages", name, "native", "CMakeLists.txt")));

/** Folder of the build with sanitizers, beside the ordinary one; loaders take it from TRAINER_NATIVE_BUILD. */
export const SANITIZE_FOLDER = "build-sanitize";

/**
 * @param {NativePackage} pkg
 * @param {{ libtorch: string, sentencepiece: string | null }} fetched folders; null if unavailable
 * @param {{ sanitize?: boolean }} [options]
 */
export function nativeBuild(pkg, fetched, { sanitize = false } = {}) {
  const folder = at("packages", pkg.name, sanitize ? SANITIZE_FOLDER : "build");
  const uses = fetched[pkg.uses];
  const made = [pkg.name, ...(pkg.uses === "sentencepiece" && uses !== null ? ["sentencepiece"] : [])];
  const args = [
    "-DCMAKE_BUILD_TYPE=Release",
    `-DNODE_API_HEADERS=${at("node_modules/node-api-headers/include")}`,
    `-DNODE_ADDON_API=${at("node_modules/node-addon-api")}`,
    ...(uses === null ? [] : [`-D${pkg.uses.toUpperCase()}=${uses}`]),
    ...(sanitize ? ["-DSANITIZE=ON", `-DOUTPUT_DIR=${folder}`] : []),
  ];
  const label = sanitize ? `native-${pkg.name}-sanitize` : `native-${pkg.name}`;
  const value = () =>
    hashOf(
      filesIn(at("packages", pkg.name, "native"), /\.(cc|h|cpp|hpp|inc|txt|cmake|cu|cuh)$/),
      ...args,
      ...["node-api-headers", "node-addon-api"].map(
        (name) => JSON.parse(read(at("node_modules", name, "package.json")) ?? "{}").version ?? "none",
      ),
      process.env["CXX"] ?? "",
    );
  return {
    isCurrent: () => made.every((name) => existsSync(join(folder, `${name}.node`))) && isStamped(label, value()),
    build: () =>
      step(`${pkg.name}: C++ built${sanitize ? " with sanitizers" : ""}`, async () => {
        const from = value(); // before the build, so that an edit during it is built next time
        for (const name of made) rmSync(join(folder, `${name}.node`), { force: true });
        await build(pkg.name, folder, args);
        stamp(label, from);
      }),
  };
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {string[]} args
 */
async function build(name, folder, args) {
  const underWay = join(folder, "under-way"); // there at the start: the last build was killed, perhaps while objects were written
  const configured = join(folder, "configured-with");
  const cache = join(folder, "cmake");
  const generator = (await exec("ninja", ["--version"])).code === 0 ? ["-G", "Ninja"] : [];
  const key = [at(), ...generator, ...args].join("\n");
  if (existsSync(join(cache, "CMakeCache.txt")) && read(configured) !== key)
    rmSync(folder, { recursive: true, force: true });
  else if (existsSync(underWay)) dropNewest(cache);
  mkdirSync(folder, { recursive: true });
  writeFileSync(underWay, "");
  const log = join(folder, "build.log");
  writeFileSync(log, "");
  writeFileSync(configured, key);
  await cmake(name, log, ["-S", at("packages", name, "native"), "-B", cache, ...generator, ...args], "configuring");
  await cmake(name, log, ["--build", cache, "-j", String(jobs())], "compiling");
  rmSync(underWay);
}

/**
 * Removes objects that may be half-written: the newest, one for each compiler that ran.
 * @param {string} folder
 */
function dropNewest(folder) {
  const objects = filesIn(folder, /\.(o|gch|pch)$/).map((path) => ({ path, time: statSync(path).mtimeMs }));
  for (const { path } of objects.sort((a, b) => b.time - a.time).slice(0, jobs())) rmSync(path);
}

/** A file that includes libtorch's headers takes up to 2 GB to compile. */
export const jobs = () => Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / 2e9)));

/**
 * @param {string} name
 * @param {string} log
 * @param {string[]} args
 * @param {string} what
 */
async function cmake(name, log, args, what) {
  const { code, output } = await exec("cmake", args, {
    onLine: (line) => {
      const done = /^\[\s*(\d+%|\d+\/\d+)\]/.exec(line)?.[1];
      if (done) progress(`… ${name}: ${what} ${done}`);
    },
  });
  appendFileSync(log, output);
  if (code === 0) return;
  rmSync(join(log, "..", "under-way"), { force: true }); // it ended by itself: what is built is whole
  if (code === 130 || code === 143)
    throw new SetupError(`${name}: the build was interrupted. Run the same command again to go on.`);
  throw new SetupError(
    `${name}: ${what} the C++ failed:\n\n${firstErrors(output)}\n\n  Everything the compiler said: ${log}`,
  );
}

/**
 * With several compilers at once the end of the output seldom shows what went wrong: start at the first error.
 * @param {string} output
 */
export function firstErrors(output) {
  const lines = output.trimEnd().split("\n");
  const first = lines.findIndex((line) =>
    /(^|\W)(fatal error|error|undefined reference|CMake Error|Killed)\b/i.test(line),
  );
  return lines
    .slice(first < 0 ? -30 : Math.max(0, first - 2))
    .slice(0, 30)
    .join("\n");
}
