import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { loadAddon } from "./addon.js";
import { addonPath } from "./load-addon.js";

test("an addon is the one that was built here, else the one that npm installed for this machine", async () => {
  await using folder = await scratch();
  const from = pathToFileURL(folder.join("dist", "load-addon.js"));
  const build = process.env["TRAINER_NATIVE_BUILD"] ?? "build"; // the sanitizers' is in a folder of its own
  const built = folder.join(build, "tokenizers.node");
  expect(addonPath("tokenizers", from)).toBe(built);
  const installed = folder.join("node_modules", "@trainer", `native-${process.platform}-${process.arch}`);
  await mkdir(installed, { recursive: true });
  await folder.write(join(installed.slice(folder.path.length), "tokenizers.node"), "");
  expect(addonPath("tokenizers", from)).toBe(join(installed, "tokenizers.node"));
  await mkdir(folder.join(build));
  await writeFile(built, "");
  expect(addonPath("tokenizers", from)).toBe(built);
});

test("an addon that is not there says both ways to get it", async () => {
  await using folder = await scratch();
  expect(() => loadAddon(folder.join("tokenizers.node"))).toThrow(
    /build it with "npm run build:native", or install @trainer\/native-\w+-\w+/,
  );
});
