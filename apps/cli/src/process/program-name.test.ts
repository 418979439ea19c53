import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { commandLine } from "../../test/command-line.js";
import { testIo } from "../../test/screen.js";
import { output } from "../display/output.js";
import { programName, typeable } from "./program-name.js";

const TRAINER = fileURLToPath(new URL("../../bin/trainer.js", import.meta.url));
const PROJECT = fileURLToPath(new URL("../../../..", import.meta.url));
const { trainer } = commandLine(() => scratchPath("program-name-home"));

/** A folder in which `trainer` is a link to a file. */
function linked(folder: string, file = TRAINER): string {
  mkdirSync(folder, { recursive: true });
  symlinkSync(file, join(folder, "trainer"));
  return folder;
}

test("a program on the PATH is called by its name, unless another of that name comes first", () => {
  const cwd = scratchPath("program-name");
  const bin = linked(join(cwd, "bin"));
  const other = join(cwd, "other");
  writeFileSync(join(cwd, "another"), "");
  linked(other, join(cwd, "another"));
  const called = (PATH: string) => programName({ env: { PATH }, cwd });
  expect(called(`/none::${bin}`)).toBe("trainer");
  expect(called("bin")).toBe("trainer");
  expect(called(`${other}:${bin}`)).toBe(`node ${TRAINER}`);
});

test("in the project it is called by npx, elsewhere by its file; the PATH of npx itself does not count", () => {
  const cwd = scratchPath("program-name");
  const local = linked(join(cwd, "node_modules", ".bin"));
  const inside = join(cwd, "deep", "in");
  mkdirSync(inside, { recursive: true });
  const called = (place: string) => programName({ env: { PATH: local, npm_command: "exec" }, cwd: place });
  expect([cwd, inside, "/"].map(called)).toEqual(["npx trainer", "npx trainer", `node ${TRAINER}`]);
  expect(programName({ env: { PATH: local }, cwd: "/" })).toBe("trainer"); // put there by hand
  expect(programName({ env: {}, cwd: PROJECT })).toBe("npx trainer");
});

test("a program that npx has fetched is called by the name of its package", () => {
  const file = "/home/ada/.npm/_npx/1f2e/node_modules/model-trainer/bin/trainer.js";
  expect(programName({ env: { npm_command: "exec" }, cwd: "/" }, file)).toBe("npx model-trainer");
});

test("commands are proposed as they can be typed, and nothing else is touched", () => {
  const text =
    "See `trainer doctor`. Mended: trainer resume r; trainer runs\n  trainer eval r\nmy trainer is here, retrainer too";
  expect(typeable(text, "npx trainer")).toBe(
    "See `npx trainer doctor`. Mended: npx trainer resume r; npx trainer runs\n  npx trainer eval r\nmy trainer is here, retrainer too",
  );
  expect(typeable("  trainer runs", "node '/a$&b/t.js'")).toBe("  node '/a$&b/t.js' runs");
});

test("of a result, which may hold text of others, the commands after Next: alone", () => {
  const io = testIo({ program: "npx trainer" });
  const out = output(io, { json: false, quiet: false });
  out.result({}, () => "trainer train me\n\nNext:\n  trainer resume r\n  trainer eval r");
  expect(io.stdout.text).toBe("trainer train me\n\nNext:\n  npx trainer resume r\n  npx trainer eval r\n");
  out.note("The run has ended. How: trainer runs show r");
  out.warn("  trainer resume r");
  expect(io.stderr.text).toBe("The run has ended. How: npx trainer runs show r\n  npx trainer resume r\n");
});

test("of a result without anything, the command that makes the first", async () => {
  const home = join(scratchPath("program-name-home"), "none");
  for (const line of [["runs"], ["tokenizer", "list"]]) {
    const { stdout } = await trainer([...line, "--home", home], { program: "npx trainer" });
    expect(stdout).toMatch(/^No .* yet\. To make one: npx trainer /);
  }
});

test("an error's advice can be typed too, by --json as well", async () => {
  const { stdout, stderr } = await trainer(["resume", "none", "--json"], { program: "npx trainer" });
  expect(stderr).toContain("`npx trainer train CORPUS --home /");
  expect(stdout).toContain("`npx trainer train CORPUS --home /");
});

test.each([[], ["train"], ["runs", "rm"], ["tokenizer", "train"], ["corpus", "add"], ["serve"], ["config", "show"]])(
  "the help of %s calls the program as it can be typed, in its usage, its texts and its examples",
  async (...line) => {
    const { stdout } = await trainer([...line, "--help"], { program: "npx trainer", tty: true, columns: 1000 });
    expect(stdout).toMatch(/^Usage: npx trainer /);
    expect(stdout).toMatch(/^ {2}\$ npx trainer /m);
    expect(stdout.match(/(?<!npx )\btrainer [a-z]/g)).toBeNull();
  },
);
