import { expect, test } from "vitest";
import { testIo, type TestIoOptions } from "../test/screen.js";
import { OutputLost, Stopped, type Interruptible } from "./process/interrupts.js";
import { run } from "./program.js";
import { VERSION } from "./process/version.js";

/** One command line in a process of its own. */
async function trainer(line: string[], options?: TestIoOptions) {
  const io = testIo(options);
  const code = await run(line, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

const COMMANDS = [
  ["train"],
  ["resume"],
  ["generate"],
  ["chat"],
  ["eval"],
  ["score"],
  ["compare"],
  ["tokenizer", "train"],
  ["tokenizer", "encode"],
  ["tokenizer", "decode"],
  ["tokenizer", "show"],
  ["runs", "list"],
  ["runs", "show"],
  ["runs", "rm"],
  ["export"],
  ["doctor"],
];

test("--version prints the version alone", async () => {
  expect(await trainer(["--version"])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
});

test("an output that is lost is told on stderr alone, and a stop by its command", async () => {
  const io = testIo();
  const lost = new OutputLost(Object.assign(new Error("EIO"), { code: "EIO" }));
  const ends = async (error: Stopped) => {
    const interruptible: Interruptible = async () => {
      throw error;
    };
    const code = await run(["corpus", "show", "a.txt", "--json"], { ...io, interruptible });
    return { code, stdout: io.stdout.text, stderr: io.stderr.text };
  };
  const line = "Stopped by SIGTERM; nothing is kept.\n";
  expect(await ends(new Stopped("SIGTERM", 143))).toEqual({ code: 143, stdout: "", stderr: line });
  const stderr = `${line}error: stdout cannot be written to: EIO\n`;
  expect(await ends(lost)).toEqual({ code: 1, stdout: "", stderr });
});

test("--help lists every command and the first steps", async () => {
  const { code, stdout, stderr } = await trainer(["--help"]);
  expect(code).toBe(0);
  expect(stderr).toBe("");
  for (const [name = ""] of COMMANDS) expect(stdout).toContain(`\n  ${name} `);
  expect(stdout).toContain("$ trainer train my-text.txt");
});

test.each(COMMANDS)("%s %s --help has examples and the options of every command", async (...command) => {
  const { code, stdout, stderr } = await trainer([...command, "--help"]);
  expect(code).toBe(0);
  expect(stderr).toBe("");
  expect(stdout).toContain(`Usage: trainer ${command.join(" ")}`);
  expect(stdout).toMatch(/\nExamples:\n {2}\$ .*trainer /);
  expect(stdout).toContain("--home <dir>");
});

test("help is as wide as the terminal", async () => {
  const { stdout } = await trainer(["train", "--help"], { columns: 60 });
  const options = stdout.slice(0, stdout.indexOf("Examples:")).split("\n");
  expect(Math.max(...options.map((line) => line.length))).toBeLessThanOrEqual(60);
});

test("on a narrow terminal what an item is stands below it, and nothing is wider than the terminal", async () => {
  const { stdout } = await trainer(["score", "--help"], { columns: 40 });
  const options = stdout.slice(stdout.indexOf("Arguments:"), stdout.indexOf("Examples:")).split("\n");
  expect(Math.max(...options.map((line) => line.length))).toBeLessThanOrEqual(40);
  expect(stdout).toContain(
    "  --text <text>\n      the text to score; - reads it from\n      stdin, but for the line break that\n",
  );
});

test.each([
  [["trian"], "Did you mean train?"],
  [["train", "x.txt", "--sise", "tiny"], "Did you mean --size?"],
  [["train", "x.txt", "--size", "smal"], "Did you mean small?"],
  [["train", "x.txt", "--model", "bloom"], "It must be one of: gpt2, llama"],
  [["train", "x.txt", "--batch-size", "0"], "It must be a whole number from 1, or auto."],
  [["train", "x.txt", "--learning-rate", "-1"], "It must be a number from 0."],
  [["train", "x.txt", "--holdout-fraction", "0.6"], "It must be a number from 0 to 0.5."],
  [["train", "x.txt", "--document", "sentence"], "It must be one of: line, paragraph, file."],
  [["train", "x.txt", "--n-embd", "10", "--n-head", "3"], "--n-embd 10 is not a multiple of --n-head 3"],
  [["train", "x.txt", "--run-id", "../up"], "must be 1 to 128 letters"],
  [["train", "x.txt", "--resume"], "--resume needs --run-id"],
  [["train"], "a text is needed: name a file or folder"],
  [["train", "--options", "none.toml"], "--options none.toml: no such file or folder"],
  [["resume"], "missing required argument 'run'"],
  [["resume", "a", "b"], "too many arguments"],
  [["generate", "r"], "Give --prompt TEXT or --prompt-path FILE"],
  [["generate", "r", "--prompt", "a", "--prompt-path", "b"], "exclude each other"],
  [["generate", "r", "--prompt", "a", "--temperature", "3"], "It must be a number from 0 to 2."],
  [["generate", "r", "--prompt", "a", "--top-p", "1.5"], "It must be a number from 0 to 1."],
  [["score", "r"], "Give --text TEXT or --path FILE"],
  [["score", "r", "--text", "a", "--path", "b"], "exclude each other"],
  [["eval", "r", "--split", "test", "--path", "b"], "exclude each other"],
  [["eval", "r", "--split", "train"], "It must be one of: validation, test."],
  [["tokenizer", "train", "x.txt", "--vocab-size", "10"], "too small for bpe: it must be a whole number from 260"],
  [["tokenizer", "encod", "t"], "Did you mean encode?"],
  [["export", "r"], "--out is required"],
  [["tokenizer", "list", "--server", "http://x"], "--server: tokenizer list works on this machine alone"],
  [["doctor", "--server", "http://x"], "--server: doctor works on this machine alone: leave --server out"],
  [["runs", "rm"], "missing required argument 'id'"],
])("%j is wrong use: exit code 2 and what would be right", async (line, message) => {
  const plain = await trainer(line);
  expect(plain.code).toBe(2);
  expect(plain.stdout).toBe("");
  expect(plain.stderr).toContain(message);
  const json = await trainer([...line, "--json"]);
  expect(json.code).toBe(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "USAGE" } });
});

test.each([[[]], [["tokenizer"]]])("%j names no command: help on stderr, exit code 2", async (line) => {
  const { code, stdout, stderr } = await trainer(line);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain("Usage: trainer");
});
