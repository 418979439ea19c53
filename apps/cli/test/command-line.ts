import { run } from "../src/program.js";
import { oddKeys } from "./snake-case.js";
import { testIo, type TestIoOptions } from "./screen.js";

/** Command lines as a person types them, all in one home. */
export function commandLine(home: () => string) {
  /** One command line, as in a process of its own. */
  async function trainer(line: readonly string[], options: TestIoOptions = {}) {
    const io = testIo({ ...options, env: { TRAINER_HOME: home(), ...options.env } });
    const code = await run(line, io);
    return { code, stdout: io.stdout.text, stderr: io.stderr.text };
  }

  /** The same with --json: every line of stdout must parse, and its keys must be in snake_case. */
  async function json(line: readonly string[], options?: TestIoOptions) {
    const { code, stdout, stderr } = await trainer([...line, "--json"], options);
    const lines = stdout.split("\n").filter((each) => each !== "");
    const values = lines.map((each): unknown => JSON.parse(each));
    const odd = oddKeys(values);
    if (odd.length > 0)
      throw new Error(`${line.join(" ")} --json has keys that are not in snake_case: ${odd.join(", ")}`);
    return { code, values, last: values.at(-1), stderr };
  }

  return { trainer, json };
}
