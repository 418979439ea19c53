import { chmodSync, existsSync, statSync } from "node:fs";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { SetupError, step } from "./say.js";
import { read } from "./stamp.js";

/** True if node_modules matches the lockfile: npm records what it installed, and records it last. */
export function packagesAreCurrent() {
  const wanted = lockfile("package-lock.json");
  const installed = lockfile("node_modules/.package-lock.json");
  return Object.entries(wanted).every(
    ([path, one]) =>
      path === "" || !path.startsWith("node_modules/") || one.optional || installed[path]?.version === one.version,
  );
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
const lockfile = (path) => JSON.parse(read(at(path)) ?? "{}").packages ?? {};

export const installPackages = () => step("npm packages installed", () => npmCi());

/**
 * No install scripts: nothing here needs one, and npm 12 runs none by default.
 * @param {...string} options
 */
export async function npmCi(...options) {
  const npm = process.env["npm_execpath"];
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", ...options];
  const { code, output } = npm?.endsWith(".js")
    ? await exec(process.execPath, [npm, ...args])
    : await exec("npm", args);
  if (code !== 0) throw new SetupError(explain(output));
}

/** @param {string} output npm's output */
export function explain(output) {
  const errors = output.split("\n").filter((line) => line.startsWith("npm error") && !/^npm error\s*$/.test(line));
  const last = errors.slice(0, 12).join("\n    ");
  if (/ENOSPC/.test(output))
    return `The disk filled up during npm ci.\n    ${last}\n  Make room (400 MB) and run the same command again.`;
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET|ENETUNREACH/.test(output)) {
    return `npm does not reach its registry:\n    ${last}\n  Check the network and npm's registry and proxy settings (npm config list), then run the same command again.`;
  }
  if (/EUSAGE/.test(output))
    return `package-lock.json does not fit package.json:\n    ${last}\n  Run npm install and commit the lockfile.`;
  return `npm ci failed:\n    ${last}`;
}

/** clang-format's binary for this machine, or null where its package has none. It comes without its executable bit. */
export function clangFormat() {
  const path = at("node_modules/clang-format-node/bin", `cfn-${process.platform}-${process.arch}`, "clang-format");
  if (!existsSync(path)) return null;
  if ((statSync(path).mode & 0o111) === 0) chmodSync(path, 0o755);
  return path;
}
