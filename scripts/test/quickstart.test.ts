import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { at } from "../paths.js";

const exec = promisify(execFile);

test("the quickstart trains, lets the model write three times, and does not train again what is trained", async () => {
  const home = await mkdtemp(join(tmpdir(), "quickstart-"));
  try {
    const quickstart = () => exec(process.execPath, [at("scripts/quickstart.js"), "--max-steps", "3", "--home", home]);
    const { stdout } = await quickstart();
    for (const prompt of ["ROMEO:", "First Citizen:", "QUEEN MARGARET:"]) expect(stdout).toContain(prompt);
    expect(stdout).toContain(`npx trainer generate quickstart --home ${home}`);
    const manifest: unknown = JSON.parse(await readFile(join(home, "models", "quickstart", "manifest.json"), "utf8"));
    expect(manifest).toMatchObject({ status: "completed", steps: 3 });

    const again = await quickstart();
    expect(again.stdout).toContain("is trained already");
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}, 120_000);
