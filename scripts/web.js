import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { SetupError, step } from "./say.js";
import { filesIn, hashOf, isStamped, stamp } from "./stamp.js";

const STAMP = "web";

/** What the pages are made of: their own sources, and those of the packages that they import. */
const sources = () => [
  at("package-lock.json"),
  ...["index.html", "vite.config.ts", "package.json"].map((name) => at("apps/web", name)),
  ...["apps/web/src", "apps/web/public", "packages/platform/src", "packages/options/src", "packages/disk/src"].flatMap(
    (folder) => filesIn(at(folder), /(?<!\.test)\.(ts|tsx|js|css|svg)$/),
  ),
];

const PAGES = at("apps/web/dist/pages");

export const webIsCurrent = () => existsSync(`${PAGES}/index.html`) && isStamped(STAMP, hashOf(sources()));

/** Bundles the pages for browsers. The packages that they import must be built. */
export const buildWeb = () =>
  step("pages built", async () => {
    const made = hashOf(sources());
    const vite = [at("node_modules/vite/bin/vite.js"), "build", at("apps/web"), "--logLevel", "warn"];
    const { code, output } = await exec(process.execPath, vite);
    if (code !== 0) throw new SetupError(`Vite could not build the pages:\n\n${output.trim()}`);
    for (const file of filesIn(PAGES, /\.(js|css|svg|html)$/)) {
      const bytes = readFileSync(file);
      writeFileSync(`${file}.br`, brotliCompressSync(bytes));
      writeFileSync(`${file}.gz`, gzipSync(bytes));
    }
    stamp(STAMP, made);
  });
