// npm run format (is everything formatted?) and npm run fix (format it): prettier for what it knows, clang-format for C++.
import { pathToFileURL } from "node:url";
import { exec } from "./exec.js";
import { clangFormat } from "./packages.js";
import { at } from "./paths.js";
import { run, say } from "./say.js";
import { filesIn } from "./stamp.js";

const CPP = /\.(cc|h|inc)$/;
const PRETTIER = /\.(ts|tsx|js|json|md|ya?ml)$/;

/**
 * @param {{ write?: boolean, files?: string[] }} [options] files: these alone, relative to the root
 * @returns {Promise<{ code: number, output: string }>} code 0: all is formatted
 */
export async function format({ write = false, files } = {}) {
  const cpp = files ? files.filter((file) => CPP.test(file)) : filesIn(at("packages"), CPP);
  const others = files ? files.filter((file) => PRETTIER.test(file)) : ["."];
  const results = [];
  if (others.length > 0) {
    const prettier = at("node_modules/prettier/bin/prettier.cjs");
    const cache = ["--cache", "--cache-strategy", "content", "--cache-location", at("build", "prettier.json")];
    const args = [write ? "--write" : "--check", "--log-level", "warn", "--ignore-unknown", ...cache, ...others];
    results.push(await exec(process.execPath, [prettier, ...args]));
  }
  const binary = clangFormat();
  if (cpp.length > 0 && binary)
    results.push(await exec(binary, [...(write ? ["-i"] : ["--dry-run", "-Werror"]), ...cpp]));
  else if (cpp.length > 0) say("! clang-format has no binary for this machine: the C++ is not checked");
  return { code: Math.max(0, ...results.map((one) => one.code)), output: results.map((one) => one.output).join("") };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run(async () => {
    const { code, output } = await format({ write: process.argv.includes("--write") });
    process.stdout.write(output);
    if (code !== 0) say("✗ Not everything is formatted: npm run fix does it.");
    return code;
  });
}
