import { expect, test } from "vitest";
import { consumer, problemsOf } from "../release/check.js";
import { published } from "../release/published.js";
import { filesOf } from "../release/stage.js";

const workspaces = published();
const names = workspaces.map(({ manifest }) => manifest.name);

test("a package is published after those that it depends on, and what is for tests is not", () => {
  expect(names).not.toContain("@trainer/testing");
  expect(workspaces.at(-1)?.name).toBe("model-trainer");
  for (const [i, { manifest }] of workspaces.entries()) {
    const ours = Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith("@trainer/"));
    expect(ours.filter((name) => !names.slice(0, i).includes(name))).toEqual([]);
  }
});

test(
  "npm packs of every workspace what its manifest leads to, and nothing of tests",
  { timeout: 300_000 },
  async () => {
    const files = await filesOf(workspaces);
    for (const { manifest } of workspaces) {
      const own = files.get(manifest.name) ?? [];
      expect(own.length).toBeGreaterThan(5);
      expect(problemsOf({ ...manifest, license: "MIT" }, [...own, "LICENSE"], names)).toEqual([
        `${manifest.name}: it is private`, // npm then refuses to publish from here what is not staged
      ]);
    }
  },
);

test("what is wrong with a package is named", () => {
  const manifest = {
    name: "@trainer/a",
    version: "1.0.0",
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } },
    bin: { a: "bin/a.js" },
    dependencies: { "@trainer/b": "0.9.0", "@trainer/testing": "1.0.0", zod: "^4" },
  };
  const files = ["dist/index.js", "dist/a.test.js", "dist/index.js.map", "src/index.ts", "dist/b.d.ts", "README.md"];
  expect(problemsOf(manifest, files, ["@trainer/b"])).toEqual(
    [
      "dist/index.d.ts is named in package.json, and is not in it",
      "bin/a.js is named in package.json, and is not in it",
      "dist/a.test.js is of no use to those who install it",
      "dist/index.js.map is of no use to those who install it",
      "src/index.ts is of no use to those who install it",
      "there is no LICENSE",
      "it names no licence",
      "it depends on @trainer/testing, which is not published",
      "it depends on @trainer/b 0.9.0, and is 1.0.0 itself",
    ].map((problem) => `@trainer/a: ${problem}`),
  );
});

test("types are looked for by every way into a package that has types", () => {
  const exports = { ".": { types: "x" }, "./more": { types: "y" }, "./plain": "./plain.js" };
  const text = consumer([{ name: "@trainer/a", exports }, { name: "no-exports" }]);
  expect([...text.matchAll(/from "(.*)"/g)].map(([, from]) => from)).toEqual(["@trainer/a", "@trainer/a/more"]);
});
