import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const IMPORT = /^(?:import|export|\}) .*?"(\.{1,2}\/[^"]+|@trainer\/testing[^"]*)";$|import\("(\.[^"]+)"\)/gm;

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

test("a file imports by its path what lies in its own workspace, and all else by the package's name", () => {
  const strange = imports.filter(({ workspace, file, from }) => {
    const target = normalize(join(file, "..", from));
    return from.startsWith(".") && !target.startsWith(`${workspace}/`) && !target.startsWith("scripts/");
  });
  expect(strange).toEqual([]);
  expect(imports.length).toBeGreaterThan(2000);
});

test("nothing but tests imports what is made for tests", () => {
  const users = imports.filter(({ from }) => from.startsWith("@trainer/testing")).map(({ file }) => file);
  expect(users.filter((file) => !/\.test\.ts$|\/test\/|^packages\/testing\//.test(file))).toEqual([]);
  expect(users.length).toBeGreaterThan(100);
});

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.m?ts$|\.mjs$/.test(name));
  } catch {
    return []; // no such folder
  }
}
