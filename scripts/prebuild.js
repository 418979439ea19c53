// node scripts/prebuild.js [TARGET]: builds the addons for other machines than this one, as the package that npm installs
// there: build/prebuild/<target>/package. On Linux they are linked with the C library of an older Debian; for macOS this
// runs on a Mac. It needs what the set-up needs, and mmdebstrap; for linux-arm64 also g++-aarch64-linux-gnu.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fetchLibtorch, findLibtorch } from "./libtorch.js";
import { exec } from "./exec.js";
import { jobs } from "./native.js";
import { at } from "./paths.js";
import { newestAsked, tooNew } from "./prebuild/symbols.js";
import { makeSysroot } from "./prebuild/sysroot.js";
import { CLAIMED, TARGETS } from "./prebuild/targets.js";
import { SetupError, progress, run, say, step } from "./say.js";
import { fetchSentencePiece } from "./sentencepiece.js";
import { read } from "./stamp.js";

/** @typedef {import("./prebuild/targets.js").Target} Target */

const HERE = `${process.platform}-${process.arch}`;
const NOTICES = "THIRD-PARTY-LICENSES";

/** @param {Target} target */
async function prebuild(target) {
  if (target.debian === undefined && target.name !== HERE)
    throw new SetupError(`The addons for ${target.name} are built on such a machine, and this is ${HERE}.`);
  const folder = at("build", "prebuild", target.name);
  const out = join(folder, "package");
  const libtorch = (target.name === HERE ? findLibtorch() : null) ?? (await fetchLibtorch(target.name));
  const sentencepiece = await fetchSentencePiece();
  if (sentencepiece === null) throw new SetupError("SentencePiece's source is not there, and its addon belongs in it.");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const flags = target.debian === undefined ? [] : await olderSystem(target, folder);
  await build("tokenizers", [...flags, `-DSENTENCEPIECE=${sentencepiece}`], { folder, out });
  await build("torch", [...flags, `-DLIBTORCH=${libtorch}`], { folder, out });
  if (target.debian !== undefined) {
    await cmake(["--build", join(folder, "torch"), "--target", "trainer-cuda", "-j", String(jobs())], "trainer-cuda");
    await checkSymbols(out, target);
  }
  describe(out, target, sentencepiece);
  say(`${out}: ${readdirSync(out).join(", ")}`);
}

/**
 * What makes a compiler build for an older Debian: its C library and headers, and our own parts of libstdc++ where its
 * headers want a newer one.
 * @param {Target} target
 * @param {string} folder
 */
async function olderSystem({ name, debian = "", processor = "", triplet = "" }, folder) {
  const sysroot = join(folder, "sysroot");
  await makeSysroot(sysroot, debian);
  const cross = name !== HERE;
  const compiler = cross ? `${triplet}-g++` : (process.env["CXX"] ?? "c++");
  const { code, output } = await exec(compiler, ["-E", "-v", "-x", "c++", "/dev/null"]);
  if (code !== 0) throw new SetupError(`There is no ${compiler}: apt-get install g++-${triplet.replaceAll("_", "-")}`);
  const headers = [...output.matchAll(/^ (\/\S*\/c\+\+\/\S*)$/gm)].map(([, path = ""]) => path);
  const compile = `-nostdinc++ ${headers.map((path) => `-isystem ${path}`).join(" ")}`;
  const added = join(folder, "older-libstdcxx.o");
  const args = ["-std=c++20", "-O2", "-fPIC", "-c", at("scripts/prebuild/older-libstdcxx.cc"), "-o", added];
  const made = await exec(compiler, [`--sysroot=${sysroot}`, ...compile.split(" "), ...args]);
  if (made.code !== 0) throw new SetupError(made.output);
  const libraries = ["usr/lib", "lib"].map((lib) => `-L${join(sysroot, lib, triplet)}`);
  return [
    `-DCMAKE_CXX_COMPILER=${compiler}`,
    `-DCMAKE_SYSROOT=${sysroot}`,
    `-DCMAKE_CXX_FLAGS=${compile}`,
    `-DCMAKE_MODULE_LINKER_FLAGS=${[added, ...libraries, "-s"].join(" ")}`,
    ...(cross ? ["-DCMAKE_SYSTEM_NAME=Linux", `-DCMAKE_SYSTEM_PROCESSOR=${processor}`] : []),
  ];
}

/**
 * @param {string} name
 * @param {string[]} flags
 * @param {{ folder: string, out: string }} where
 */
async function build(name, flags, { folder, out }) {
  const cache = join(folder, name);
  const args = [
    "-DCMAKE_BUILD_TYPE=Release",
    `-DNODE_API_HEADERS=${at("node_modules/node-api-headers/include")}`,
    `-DNODE_ADDON_API=${at("node_modules/node-addon-api")}`,
    `-DOUTPUT_DIR=${out}`,
    "-DCMAKE_SKIP_RPATH=ON", // libtorch is found when the addon is loaded, wherever it then lies
  ];
  await step(`${name}: C++ built`, async () => {
    await cmake(["-S", at("packages", name, "native"), "-B", cache, ...args, ...flags], name);
    await cmake(["--build", cache, "-j", String(jobs())], name);
  });
}

/**
 * @param {string[]} args
 * @param {string} name
 */
async function cmake(args, name) {
  const { code, output } = await exec("cmake", args, {
    onLine: (line) => {
      const done = /^\[\s*(\d+%|\d+\/\d+)\]/.exec(line)?.[1];
      if (done) progress(`… ${name}: compiling ${done}`);
    },
  });
  if (code !== 0)
    throw new SetupError(`${name} could not be built:\n${output.trim().split("\n").slice(-30).join("\n")}`);
}

/**
 * @param {string} folder
 * @param {Target} target
 */
async function checkSymbols(folder, { name, triplet = "" }) {
  const objdump = name === HERE ? "objdump" : `${triplet}-objdump`;
  for (const file of readdirSync(folder)) {
    const { code, stdout, output } = await exec(objdump, ["-T", join(folder, file)]);
    if (code !== 0) throw new SetupError(`${objdump} could not read ${file}: ${output.trim()}`);
    const problems = tooNew(newestAsked(stdout), CLAIMED);
    if (problems.length > 0)
      throw new SetupError(`${file} would not load on the oldest system:\n  ${problems.join("\n  ")}`);
  }
}

/**
 * Writes what makes the folder a package.
 * @param {string} folder
 * @param {Target} target
 * @param {string} sentencepiece
 */
function describe(folder, { name }, sentencepiece) {
  const [os = "", cpu = ""] = name.split("-");
  const { version, license } = JSON.parse(read(at("packages/torch/package.json")) ?? "{}");
  const engines = JSON.parse(read(at("package.json")) ?? "{}").engines;
  const manifest = {
    name: `@trainer/native-${name}`,
    version,
    description: `The native parts of @trainer/torch and @trainer/tokenizers for ${name}`,
    license,
    os: [os],
    cpu: [cpu],
    ...(os === "linux" ? { libc: ["glibc"] } : {}),
    engines,
    files: ["*.node", "*.so", NOTICES],
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const oldest = os === "linux" ? ` They need glibc ${CLAIMED.GLIBC} and libstdc++ of GCC 10, or newer.` : "";
  writeFileSync(
    join(folder, "README.md"),
    `# ${manifest.name}\n\n${manifest.description}, which npm installs with them where it fits the machine.${oldest}\n`,
  );
  copyFileSync(at("LICENSE"), join(folder, "LICENSE"));
  const parts = [".", ...readdirSync(join(sentencepiece, "third_party")).map((part) => join("third_party", part))];
  const texts = parts
    .map((part) => join(sentencepiece, part, "LICENSE"))
    .filter((path) => existsSync(path))
    .map((path) => `${path.slice(dirname(sentencepiece).length + 1)}\n\n${read(path) ?? ""}`);
  writeFileSync(join(folder, NOTICES), texts.join(`\n${"─".repeat(80)}\n`));
}

await run(async () => {
  const name = process.argv[2] ?? HERE;
  const target = TARGETS.find((each) => each.name === name);
  if (target === undefined)
    throw new SetupError(`There is no target ${name}: there are ${TARGETS.map((each) => each.name).join(", ")}.`);
  await prebuild(target);
});
