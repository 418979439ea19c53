import { filesIn } from "./stamp.js";
import { basename } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { say } from "./say.js";

/**
 * Runs every example, in the order of their names, in one folder of its own: the later ones use the run of the first.
 * @returns {Promise<{ passed: number, failed: number, output: string }>}
 */
export async function runExamples() {
  const home = mkdtempSync(join(tmpdir(), "trainer-examples-"));
  let passed = 0;
  const failures = [];
  try {
    for (const file of filesIn(at("examples"), /\.js$/)) {
      const { code, output } = await exec(process.execPath, [file, "--quick"], {
        env: { ...process.env, TRAINER_HOME: home },
      });
      say(`${code === 0 ? "✓" : "✗"} ${basename(file)}`);
      if (code === 0) passed++;
      else failures.push(`${basename(file)} ended with code ${code}:\n${output}`);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return { passed, failed: failures.length, output: failures.join("\n") };
}
