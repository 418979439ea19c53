import { join } from "node:path";
import { run } from "../src/program.js";
import { corpusFolder, TINY } from "./corpus.js";
import { oddKeys } from "./snake-case.js";
import { testIo, type TestIoOptions } from "./screen.js";

/** A home of its own with command lines that run in it. */
export interface TestHome {
  readonly folder: string;
  readonly corpus: string;
  readonly home: string;
  trainer(line: readonly string[], options?: TestIoOptions): Promise<Ended>;
  /** The same with --json: every line of stdout must parse, and its keys must be in snake_case. */
  json(line: readonly string[], options?: TestIoOptions): Promise<Ended & { values: unknown[]; last: unknown }>;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home in which one run, "one", was trained for a few steps. */
export async function homeWithRun(options: readonly string[] = []): Promise<TestHome> {
  const { folder, corpus } = await corpusFolder();
  const home = join(folder, "home");
  const trainer = async (line: readonly string[], options: TestIoOptions = {}) => {
    const io = testIo({ ...options, env: { TRAINER_HOME: home, ...options.env } });
    const code = await run(line, io);
    return { code, stdout: io.stdout.text, stderr: io.stderr.text };
  };
  const ended = await trainer(["train", corpus, ...TINY, "--max-steps", "6", "--run-id", "one", ...options]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return {
    folder,
    corpus,
    home,
    trainer,
    async json(line, options) {
      const ended = await trainer([...line, "--json"], options);
      const lines = ended.stdout.split("\n").filter((each) => each !== "");
      const values = lines.map((each): unknown => JSON.parse(each));
      const odd = oddKeys(values);
      if (odd.length > 0)
        throw new Error(`${line.join(" ")} --json has keys that are not in snake_case: ${odd.join(", ")}`);
      return { ...ended, values, last: values.at(-1) };
    },
  };
}
