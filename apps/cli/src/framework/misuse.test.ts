import { expect, test } from "vitest";
import { testIo } from "../../test/screen.js";
import { run } from "../program.js";

async function said(...argv: string[]): Promise<string> {
  const io = testIo();
  expect(await run(argv, io)).toBe(2);
  expect(io.stdout.text).toBe("");
  return io.stderr.text;
}

test("a misuse names the command to ask for help", async () => {
  expect(await said("--frobnicate")).toBe(
    "error: unknown option '--frobnicate'\nRun `trainer --help` to see what is possible.\n",
  );
  expect(await said("tokenizer", "train", "--frobnicate")).toContain("Run `trainer tokenizer train --help` to see");
  expect(await said("eval")).toContain("Run `trainer eval --help` to see");
});

test("the name of another program's option leads to ours, where the command has it", async () => {
  expect(await said("train", "a.txt", "--lr", "1e-3")).toBe(
    "error: unknown option '--lr'\n(It is called --learning-rate here.)\nRun `trainer train --help` to see what is possible.\n",
  );
  expect(await said("generate", "latest", "--max-tokens=5")).toContain("It is called --max-new-tokens here");
  expect(await said("eval", "latest", "--lr", "1e-3")).not.toContain("called");
  const alike = await said("train", "a.txt", "--block-size", "64");
  expect(alike).toContain("'--block-size'\n(It is called --max-seq-len here.)\n");
  const near = await said("train", "a.txt", "--learning-rat", "1");
  expect(near).toContain("Did you mean --learning-rate?");
  expect(near).not.toContain("called");
});
