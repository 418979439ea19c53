import { join } from "node:path";
import { commandLine } from "./command-line.js";
import { corpusFolder, TINY } from "./corpus.js";

/** A home of its own with command lines that run in it. */
export interface TestHome extends ReturnType<typeof commandLine> {
  readonly folder: string;
  readonly corpus: string;
  readonly home: string;
}

/** A home in which one run, "one", was trained for a few steps. */
export async function homeWithRun(options: readonly string[] = []): Promise<TestHome> {
  const { folder, corpus } = await corpusFolder();
  const home = join(folder, "home");
  const { trainer, json } = commandLine(() => home);
  const ended = await trainer(["train", corpus, ...TINY, "--max-steps", "6", "--run-id", "one", ...options]);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return { folder, corpus, home, trainer, json };
}
