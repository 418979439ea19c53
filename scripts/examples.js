import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { say } from "./say.js";
import { runServeGuide } from "./serve-guide.js";

/** The order matters: later ones use the model that the first trains; a repetition works too. */
const EXAMPLES = ["train-on-a-file", "generate", "score-a-text", "train-on-a-file"];

/**
 * Runs every example as its first lines say, in a copy of their folder, and the commands of docs/serve.md.
 * @returns {Promise<{ passed: number, failed: number, output: string }>}
 */
export async function runExamples() {
  const folder = mkdtempSync(join(tmpdir(), "trainer examples #1 100%41-")); // as odd as folders of people are
  cpSync(at("examples"), join(folder, "examples"), { recursive: true });
  symlinkSync(at("node_modules"), join(folder, "node_modules"));
  const failures = [];
  try {
    for (const name of EXAMPLES) {
      const { code, output } = await exec(process.execPath, [`examples/${name}.js`], {
        cwd: folder,
        env: { ...process.env, TRAINER_HOME: undefined, OMP_WAIT_POLICY: "passive" },
      });
      say(`${code === 0 ? "✓" : "✗"} ${name}`);
      if (code !== 0) failures.push(`examples/${name}.js ended with code ${code}:\n${output}`);
    }
    const guide = await runServeGuide();
    say(`${guide.code === 0 ? "✓" : "✗"} docs/serve.md`);
    if (guide.code !== 0) failures.push(`docs/serve.md ended with code ${guide.code}:\n${guide.output}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed: EXAMPLES.length + 1 - failures.length, failed: failures.length, output: failures.join("\n") };
}
