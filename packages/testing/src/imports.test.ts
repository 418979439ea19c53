import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const IMPORT = /^(?:import|export|\}) .*?"((?:\.{1,2}|@trainer)\/[^"]+)";$|import\("((?:\.|@trainer\/)[^"]+)"\)/gm;
const ALL =
  "disk options torch tokenizers models training trackers platform client api worker data-bank openai discord-bot";

/**
 * The arrows of ARCHITECTURE.md: the packages that the sources of each workspace may enter, and those that its tests may
 * besides. What stands with a "/" is entered that way alone: there it loads no native code.
 */
const ARROWS: Readonly<Record<string, readonly [sources: string, tests: string]>> = {
  "packages/disk": ["", ""],
  "packages/options": ["disk/case disk/ids", ""],
  "packages/torch": ["disk", ""],
  "packages/tokenizers": ["disk", ""],
  "packages/models": ["disk torch", "models"],
  "packages/training": ["disk options torch tokenizers models", "training client data-bank"],
  "packages/platform": ["disk options", ""],
  "packages/client": ["disk platform", "data-bank"],
  "packages/trackers": ["disk platform training/files", ""],
  "services/data-bank": ["disk platform", ""],
  "services/openai": ["disk options platform tokenizers training", "openai models torch"],
  "services/api": [
    "disk options platform client training/files training/plugins models/capabilities tokenizers/capabilities torch/capabilities openai/http",
    "api worker data-bank openai training",
  ],
  "services/worker": [
    "disk options platform client torch tokenizers models training trackers openai/answers",
    "api worker data-bank",
  ],
  "apps/discord-bot": ["options platform client", "api worker data-bank discord-bot"],
  "apps/web": ["disk/case disk/ids disk/at options platform/browser", "platform"],
  "apps/cli": [ALL, ""],
  "packages/testing": [ALL, ""],
};
const TEST = /\.test\.ts$|\/test\/|^packages\/testing\//;

const workspaces = ["packages", "services", "apps"].flatMap((group) =>
  readdirSync(join(ROOT, group)).map((name) => `${group}/${name}`),
);
const imports = workspaces.flatMap((workspace) =>
  ["src", "test"].flatMap((folder) => {
    const path = join(ROOT, workspace, folder);
    return filesIn(path).flatMap((name) => {
      const file = relative(ROOT, join(path, name));
      const found = [...readFileSync(join(path, name), "utf8").matchAll(IMPORT)];
      return found.map(([, from = "", dynamic = from]) => ({ workspace, file, from: from || dynamic }));
    });
  }),
);

test("a file imports by its path what lies in its own workspace or is an example or a script, and all else by the package's name", () => {
  const strange = imports.filter(({ workspace, file, from }) => {
    const target = normalize(join(file, "..", from));
    return from.startsWith(".") && !target.startsWith(`${workspace}/`) && !/^(?:scripts|examples)\//.test(target);
  });
  expect(strange).toEqual([]);
  expect(imports.length).toBeGreaterThan(2000);
});

test("a package enters those that it may, by their exports, and only its tests enter what starts others", () => {
  expect(Object.keys(ARROWS).toSorted()).toEqual(workspaces.toSorted());
  const strange = imports.filter(({ workspace, file, from }) => {
    const [, name = "", way = ""] = /^@trainer\/([^/]+)(.*)$/.exec(from) ?? [];
    const [sources = "", tests = ""] = ARROWS[workspace] ?? [];
    const may = TEST.test(file) ? `${sources} ${tests} testing` : sources;
    return name !== "" && !may.split(" ").some((each) => each === name || each === name + way);
  });
  expect(strange).toEqual([]);
});

test("nothing but tests imports what is made for tests", () => {
  const users = imports.filter(({ from }) => from.startsWith("@trainer/testing")).map(({ file }) => file);
  expect(users.filter((file) => !TEST.test(file))).toEqual([]);
  expect(users.length).toBeGreaterThan(100);
});

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.m?tsx?$|\.mjs$/.test(name));
  } catch {
    return []; // no such folder
  }
}
