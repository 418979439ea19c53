import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "./exec.js";
import { at } from "./paths.js";
import { say } from "./say.js";
import { runServeGuide } from "./serve-guide.js";

/** In this order: the later ones use the model that the first trains. */
const EXAMPLES = ["train-on-a-file", "generate", "score-a-text"];

/**
 * Runs every example as its first lines say, in a home of its own, and the commands of docs/serve.md.
 * @returns {Promise<{ passed: number, failed: number, output: string }>}
 */
export async function runExamples() {
  const home = mkdtempSync(join(tmpdir(), "trainer-examples-"));
  const failures = [];
  try {
    for (const name of EXAMPLES) {
      const file = at("examples", `${name}.js`);
      const { code, output } = await exec(process.execPath, [file], {
        env: { ...process.env, TRAINER_HOME: home, OMP_WAIT_POLICY: "passive" },
      });
      say(`${code === 0 ? "✓" : "✗"} ${name}`);
      if (code !== 0) failures.push(`examples/${name}.js ended with code ${code}:\n${output}`);
    }
    const guide = await runServeGuide();
    say(`${guide.code === 0 ? "✓" : "✗"} docs/serve.md`);
    if (guide.code !== 0) failures.push(`docs/serve.md ended with code ${guide.code}:\n${guide.output}`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return { passed: EXAMPLES.length + 1 - failures.length, failed: failures.length, output: failures.join("\n") };
}
